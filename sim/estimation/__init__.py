"""Orbit determination in a small, honest form: batch least squares of a state and a light-pressure area on an arc."""

from sim.estimation.batch_fit import ArcFit, fit_arc

__all__ = ["ArcFit", "fit_arc"]
