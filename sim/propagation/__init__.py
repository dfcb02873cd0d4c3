"""Propagation of batches of spacecraft states: one vectorised call, one status per row."""

from sim.propagation.batch import Propagation, Trajectories, propagate, propagate_at
from sim.propagation.stops import ClosestApproach, RadiusCrossing

__all__ = ["ClosestApproach", "Propagation", "RadiusCrossing", "Trajectories", "propagate", "propagate_at"]
