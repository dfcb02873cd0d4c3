"""Other tools at work, each in an environment of its own; see :mod:`benchmarks.peers`."""
