"""Compiled and plain-float code only.

Units inside this package, without suffixes in names: km, km/s, km/s2, rad, kg, seconds; epochs are TDB seconds past
J2000; axes are those of the ICRF. The batch axis comes first. Nothing here raises on data: every row of a batch gets
one status of :class:`sim.core.status.Status`, and a bad row changes no bit of any other row.

The scalar parts compose along independent axes: what depends on time only (:mod:`~sim.core.nodes`), force terms
(:mod:`~sim.core.forces`), one step of a method (:mod:`~sim.core.rkn1210_step`), events inside a step
(:mod:`~sim.core.events`), and the adaptive driver (:mod:`~sim.core.rkn1210`). :mod:`~sim.core.chebyshev`,
:mod:`~sim.core.reference` and :mod:`~sim.core.dop853` repeat the whole chain independently, for verification.

Rows without events go eight in lockstep (:mod:`~sim.core.lanes` on :mod:`~sim.core.simd`), on deviations from
conics; both paths carry transition matrices on request (:mod:`~sim.core.lanes_columns`,
:mod:`~sim.core.rkn1210_columns`). All forces of flight work, velocity-dependent ones included, are in
:mod:`~sim.core.full_forces` and :mod:`~sim.core.full_dop853`, with events on their way in
:mod:`~sim.core.full_events`; gravity fields of any degree in :mod:`~sim.core.harmonics`. Low orbits under such a field
go eight or sixteen in lockstep too, by Gauss-Jackson's method (:mod:`~sim.core.low_lanes`,
:mod:`~sim.core.lanes_harmonics`).
"""
