"""Which forces act, as data, and their translation into the flat parameters of the compiled core."""

from sim.dynamics.model import FlatModel, ForceModel

__all__ = ["FlatModel", "ForceModel"]
