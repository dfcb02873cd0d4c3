"""Speed and error of perilune beside other tools, on the same inputs, in turn within one process."""
