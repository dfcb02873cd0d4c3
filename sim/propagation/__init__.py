"""Propagation of batches of spacecraft states: one vectorised call, one status per row."""

from sim.propagation.calls import propagate, propagate_at
from sim.propagation.full import FullPropagation, propagate_full
from sim.propagation.low_orbits import LowOrbits, propagate_low_orbits
from sim.propagation.matrix import propagate_with_stm
from sim.propagation.results import EventLog, Propagation, PropagationWithStm, Trajectories
from sim.propagation.stops import (
    AltitudeCrossing,
    ClosestApproach,
    ElevationCrossing,
    FarthestPoint,
    Impact,
    NodeCrossing,
    RadiusCrossing,
    ShadowCrossing,
    SphereOfInfluence,
)
from sim.propagation.stream import StreamChunk, propagate_stream

__all__ = [
    "AltitudeCrossing",
    "ClosestApproach",
    "ElevationCrossing",
    "EventLog",
    "FarthestPoint",
    "FullPropagation",
    "Impact",
    "LowOrbits",
    "NodeCrossing",
    "Propagation",
    "PropagationWithStm",
    "RadiusCrossing",
    "ShadowCrossing",
    "SphereOfInfluence",
    "StreamChunk",
    "Trajectories",
    "propagate",
    "propagate_at",
    "propagate_full",
    "propagate_with_stm",
    "propagate_low_orbits",
    "propagate_stream",
]
