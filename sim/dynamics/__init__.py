"""Which forces act, as data, and their translation into the flat parameters of the compiled core."""

from sim.dynamics.model import FlatModel, ForceModel, ReferenceModel

__all__ = ["FlatModel", "ForceModel", "ReferenceModel"]
