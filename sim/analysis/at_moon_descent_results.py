"""Record of a way down: de-orbit and powered descent."""

from __future__ import annotations

from dataclasses import dataclass

from sim.operations import Deorbit, EngineDescent, PoweredDescent


@dataclass(frozen=True, eq=False)
class DescentResult:
    """De-orbit and powered descent.

    Attributes
    ----------
    orbit_altitude_km : float
        Before.
    deorbit : Deorbit
        Burn to the perilune.
    powered : PoweredDescent
        Budget from there on the thrust that a gravity turn needs.
    thrust_n : float or None
        Thrust of the engine; None when the scenario has none.
    engine : EngineDescent or None
        The same on that engine.
    engine_fault : str
        Why the engine cannot fly it; empty when it can, or there is none.
    total_dv_m_s, propellant_kg : float
        Of the powered descent with the reserve: on the engine where it is flown, else by the gravity turn.
    """

    orbit_altitude_km: float
    deorbit: Deorbit
    powered: PoweredDescent
    thrust_n: float | None
    engine: EngineDescent | None
    engine_fault: str
    total_dv_m_s: float
    propellant_kg: float

    @property
    def downrange_km(self) -> float:
        """Distance over ground from ignition to rest: on the engine where it is flown, else by the gravity turn."""
        return self.powered.downrange_km if self.engine is None else self.engine.downrange_km
