"""Transfers and launch instants against an independent integrator, flown missions and published ranges."""

import math

import numpy as np
import pytest

from sim.bodies import EARTH, MOON
from sim.dynamics import ForceModel
from sim.ephemeris import open_ephemeris
from sim.propagation import ClosestApproach, propagate
from sim.sites import launch_site
from sim.timescales import tdb_from_tt, tdb_from_utc, utc_from_tdb
from sim.transfer import Outcome, TransferTargets, solve_direct
from sim.transfer.fold import _guess as fold_guess
from sim.transfer.newton import attempt
from sim.transfer.perigee import osculating_perigee
from sim.transfer.shooting import build_problem, plane_azimuth_rad
from sim.transfer.verify import fly_forward
from sim.windows import LEGS, WindowRequest, find_opportunities

TOFS_DAY = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5)


def grid_2024(every: int) -> TransferTargets:
    """Vostochny 2024: 6-hour arrivals x 8 flight times x both poles x both branches; every n-th row of it."""
    arrivals = tdb_from_utc("2024-01-01T00:00:00") + 21_600.0 * np.arange(4 * 366)
    columns = np.meshgrid(arrivals, TOFS_DAY, [1.0, -1.0], [1.0, -1.0], indexing="ij")
    epoch, tof, pole, branch = (np.ascontiguousarray(column.ravel()[::every]) for column in columns)
    ones = np.ones_like(epoch)
    return TransferTargets(
        perilune_tdb=epoch,
        tof_s=tof * 86_400.0,
        perigee_radius_km=(EARTH.radius_equatorial_km + 200.0) * ones,
        inclination_rad=math.radians(51.8) * ones,
        branch_sign=branch,
        perilune_radius_km=(MOON.radius_km + 100.0) * ones,
        pole_sign=pole,
        lunar_inclination_rad=math.pi / 2 * ones,
    )


def check_grid(targets: TransferTargets, record_accuracy, label: str) -> None:
    found = solve_direct(targets)
    good = found.status == Outcome.OK
    share = good.mean()
    record_accuracy(f"Vostochny 2024 grid, {label}", "existence of solutions", "not converged", 1.0 - share, "1", 1e-3)
    assert share >= 0.999
    assert set(np.unique(found.status)) <= {int(code) for code in Outcome}
    # measured on the whole grid: 0.02 m, 6e-8 deg, 0.07 ms (the solver's own tolerance)
    assert np.abs(found.residual_perigee_km[good]).max() * 1e3 < 0.2
    assert np.degrees(np.abs(found.residual_inclination_rad[good]).max()) < 1e-6
    assert np.abs(found.residual_time_s[good]).max() < 1e-3
    r = found.perilune_state[good]
    assert np.abs(np.linalg.norm(r[:, :3], axis=1) - targets.perilune_radius_km[good]).max() * 1e3 < 1e-3


def test_whole_grid_converges(record_accuracy) -> None:
    check_grid(grid_2024(every=1), record_accuracy, "46 848 rows")


def test_forward_flight_closes_at_perilune(record_accuracy) -> None:
    targets = grid_2024(every=1171)
    found = solve_direct(targets)
    assert (found.status == Outcome.OK).all()
    closure = fly_forward(found.perigee_state, found.perigee_tdb, found.perilune_state, targets.perilune_tdb)
    worst = closure.miss_km.max() * 1e3
    record_accuracy(
        "direct transfers flown forward", "independent DOP853, forces and tables", "position", worst, "m", 10.0
    )
    # issue's bound 10 m; measured maximum far below it, kept wide because the forward problem amplifies 1 mm at
    # injection by some thousand
    assert worst < 10.0
    assert np.abs(closure.perilune_time_s).max() < 1e-2


def test_rows_do_not_depend_on_their_neighbours() -> None:
    targets = grid_2024(every=2003)
    whole = solve_direct(targets)
    order = np.random.default_rng(3).permutation(len(targets))
    shuffled = solve_direct(targets.select(order))
    alone = solve_direct(targets.select(np.array([5])))
    assert np.array_equal(shuffled.perigee_state, whole.perigee_state[order])
    assert np.array_equal(alone.vinf_km_s[0], whole.vinf_km_s[5])


def test_reason_codes() -> None:
    targets = grid_2024(every=4001)
    low = TransferTargets(**{**targets.__dict__, "inclination_rad": np.full(len(targets), math.radians(10.0))})
    found = solve_direct(low)
    moon = open_ephemeris().position_km("moon", "earth", targets.perilune_tdb)
    declination = np.degrees(np.arcsin(moon[:, 2] / np.linalg.norm(moon, axis=1)))
    beyond = np.abs(declination) > 11.0
    assert (found.status[beyond] == Outcome.DECLINATION).all()
    equatorial = TransferTargets(
        **{**targets.__dict__, "lunar_inclination_rad": np.full(len(targets), math.radians(0.05))}
    )
    refused = solve_direct(equatorial).status
    assert (refused == Outcome.LUNAR_INCLINATION).mean() > 0.9


def test_published_ranges_2024() -> None:
    # independent study quoted in the README's method notes: C3 -2.19..-1.82, v_inf about 0.75-1.08 km/s for 4-6 days
    targets = grid_2024(every=307)
    found = solve_direct(targets)
    medium = (targets.tof_s >= 4.0 * 86_400.0) & (targets.tof_s <= 6.0 * 86_400.0)
    speed2 = (found.perigee_state[medium, 3:] ** 2).sum(axis=1)
    c3 = speed2 - 2.0 * EARTH.gm_km3_s2 / np.linalg.norm(found.perigee_state[medium, :3], axis=1)
    vinf = np.linalg.norm(found.vinf_km_s[medium], axis=1)
    assert c3.min() > -2.25 and c3.max() < -1.70
    assert vinf.min() > 0.70 and vinf.max() < 1.15


def test_luna_25_launch_instant(record_accuracy) -> None:
    """Flown: lift-off 2023-08-10 23:10:57 UTC, parking orbit 267 x 281 km at 51.73 deg, insertion burn from 08:57 UTC.

    The coast is not chosen: it follows from the descending-leg geometry (about 56 min from insertion, i.e. injection
    about 66 min after lift-off, in line with the published half revolution). Flight time 5.36 d puts perilune at
    the published start of lunar orbit insertion on 2023-08-16. Ascent 560 s over 20 deg of arc is assumed: it is
    not published; 60 s of it move the launch by about a second, injection and perilune by a minute.
    """
    flown = tdb_from_utc("2023-08-10T23:10:57")
    request = WindowRequest(
        "luna_25_flight2023",
        launch_site("vostochny"),
        flown - 43_200.0,
        flown + 43_200.0,
        (51.73,),
        274.0,
        (5.36,),
        100.0,
        100.0,
    )
    table = find_opportunities(request)
    southeast = table.select(np.flatnonzero(table.leg == LEGS.index("southeast")))
    nearest = int(np.abs(southeast.launch_tdb - flown).argmin())
    minutes = (southeast.launch_tdb[nearest] - flown) / 60.0
    record_accuracy("Luna 25 launch instant", "flown 2023-08-10 23:10:57 UTC", "time", abs(minutes), "min", 15.0)
    assert abs(minutes) < 15.0
    # insertion burn published from 08:57 to 09:03 UTC
    perilune = tdb_from_utc("2023-08-16T09:00:00")
    assert abs(southeast.perilune_tdb[nearest] - perilune) < 900.0
    assert 40.0 < southeast.coast_s[nearest] / 60.0 < 72.0


def test_launch_instants_hold_the_traps_at_bay(record_accuracy) -> None:
    """Each classic slip would tilt the plane off the site by far more than measured."""
    request = WindowRequest(
        "trap",
        launch_site("vostochny"),
        tdb_from_utc("2026-03-01T00:00:00"),
        tdb_from_utc("2026-03-04T00:00:00"),
        (51.8,),
        200.0,
        (4.5,),
        100.0,
        100.0,
    )
    table = find_opportunities(request)
    assert len(table) >= 16
    # oracle by astropy: ICRS direction of the site's geocentric radius at lift-off must lie in the plane that the
    # injection state spans, but for the J2 drift of the node over the coast (0.2 deg at most)
    from astropy.coordinates import EarthLocation
    from astropy.time import Time
    from astropy.utils import iers

    site = launch_site("vostochny")
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        times = Time(list(utc_from_tdb(table.launch_tdb)), scale="utc")
        location = EarthLocation.from_geodetic(site.longitude_deg, site.latitude_geodetic_deg, site.altitude_m)
        up = location.get_gcrs(times).cartesian.xyz.value.T
        pole = EarthLocation.from_geocentric(0.0, 0.0, 6356.75, unit="km").get_gcrs(times).cartesian.xyz.value.T
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    pole /= np.linalg.norm(pole, axis=1, keepdims=True)
    normal = np.cross(table.tli_state[:, :3], table.tli_state[:, 3:])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # undo the westward drift of the node over the coast (first-order J2 rate, Vallado 4th ed. eq. 9-37)
    radius = EARTH.radius_equatorial_km + 200.0
    rate = -1.5 * math.sqrt(EARTH.gm_km3_s2 / radius**3) * EARTH.j2 * (6378.137 / radius) ** 2
    angle = -rate * math.cos(math.radians(51.8)) * table.coast_s
    along = (normal * pole).sum(axis=1, keepdims=True) * pole
    before = (normal - along) * np.cos(angle)[:, None] + np.cross(pole, normal) * np.sin(angle)[:, None] + along
    tilt = np.degrees(np.abs((before * up).sum(axis=1)))
    # measured 2e-4 deg (polar motion and rounding of the drift); a slip would show as: UTC taken for TDB 69 s or
    # 0.18 deg of node, geodetic latitude 0.18 deg, no precession 0.34 deg, times sin(i) = 0.79
    record_accuracy(
        "launch plane contains the site", "astropy EarthLocation at lift-off", "angle", tilt.max(), "deg", 2e-3
    )
    assert tilt.max() < 2e-3


def test_change_5_reaches_perilune_when_it_braked(record_accuracy) -> None:
    """Osculating elements of 2020-11-25 fitted by Bill Gray (TLE archive, 20087a) against CNSA's burn times.

    LOI ignition 2020-11-28 12:58 UTC, about 17 min long, at about 400 km. Two course corrections were flown, so only
    15 min and 250 km are asked; the same elements give 13:10:46 UTC and 389.8 km elsewhere (JPL-based check).
    """
    mu, a, ecc = 398600.435507, 203486.414537, 0.9681122001
    inc, raan, argp, mean = np.radians([21.29848854, 2.20020643, 227.66196617, 38.2048998841])
    anomaly = mean
    for _ in range(200):
        anomaly -= (anomaly - ecc * math.sin(anomaly) - mean) / (1.0 - ecc * math.cos(anomaly))
    p_hat = np.array(
        [
            math.cos(raan) * math.cos(argp) - math.sin(raan) * math.sin(argp) * math.cos(inc),
            math.sin(raan) * math.cos(argp) + math.cos(raan) * math.sin(argp) * math.cos(inc),
            math.sin(argp) * math.sin(inc),
        ]
    )
    q_hat = np.array(
        [
            -math.cos(raan) * math.sin(argp) - math.sin(raan) * math.cos(argp) * math.cos(inc),
            -math.sin(raan) * math.sin(argp) + math.cos(raan) * math.cos(argp) * math.cos(inc),
            math.cos(argp) * math.sin(inc),
        ]
    )
    b, rate = a * math.sqrt(1.0 - ecc**2), math.sqrt(mu / a**3) / (1.0 - ecc * math.cos(anomaly))
    r = a * (math.cos(anomaly) - ecc) * p_hat + b * math.sin(anomaly) * q_hat
    v = rate * (-a * math.sin(anomaly) * p_hat + b * math.cos(anomaly) * q_hat)
    t0 = tdb_from_tt((2_459_178.5 - 2_451_545.0) * 86_400.0)  # 2020-11-25T00:00:00 TT
    model = ForceModel(point_masses=("earth", "moon", "sun"), earth_zonals=2)
    run = propagate(np.concatenate((r, v)), t0, t0 + 6.0 * 86_400.0, model, stops=(ClosestApproach("moon"),))
    moon = open_ephemeris().position_km("moon", "earth", run.t_tdb)
    altitude = float(np.linalg.norm(run.states[0, :3] - moon[0]) - MOON.radius_km)
    minutes = (run.t_tdb[0] - tdb_from_utc("2020-11-28T13:06:30")) / 60.0  # middle of the burn
    record_accuracy(
        "Chang'e 5 perilune", "CNSA: braking from 12:58 UTC for 17 min at 400 km", "time", abs(minutes), "min", 15.0
    )
    assert abs(minutes) < 15.0
    assert altitude == pytest.approx(400.0, abs=250.0)
    # the independent propagation of the same elements
    assert abs(run.t_tdb[0] - tdb_from_utc("2020-11-28T13:10:46")) < 60.0
    assert altitude == pytest.approx(389.8, abs=5.0)


def near_fold_targets(count: int) -> TransferTargets:
    """Random arrivals of 2021-2030, declination within 2.2 degrees of the inclination, direct and retrograde."""
    rng = np.random.default_rng(2021)
    span = tdb_from_utc("2021-01-01T00:00:00"), tdb_from_utc("2031-01-01T00:00:00")
    epoch = rng.uniform(*span, 20 * count)
    moon = open_ephemeris().position_km("moon", "earth", epoch)
    declination = np.degrees(np.abs(np.arcsin(moon[:, 2] / np.linalg.norm(moon, axis=1))))
    inclination = declination + rng.uniform(-2.2, 2.2, epoch.size)
    rows = np.flatnonzero(inclination > 19.5)[:count]
    ones = np.ones(rows.size)
    retrograde = rng.random(rows.size) < 0.2
    return TransferTargets(
        perilune_tdb=epoch[rows],
        tof_s=rng.uniform(3.0, 6.5, rows.size) * 86_400.0,
        perigee_radius_km=6578.0 * ones,
        inclination_rad=np.radians(np.where(retrograde, 180.0 - inclination[rows], inclination[rows])),
        branch_sign=rng.choice([1.0, -1.0], rows.size),
        perilune_radius_km=1837.4 * ones,
        pole_sign=rng.choice([1.0, -1.0], rows.size),
        lunar_inclination_rad=math.pi / 2 * ones,
    )


def test_every_row_near_the_fold_is_solved_or_shown_not_to_exist(record_accuracy) -> None:
    targets = near_fold_targets(400)
    found = solve_direct(targets)
    undecided = ~np.isin(found.status, (Outcome.OK, Outcome.DECLINATION))
    record_accuracy(
        "folds 2021-2030 (declination within 2.2 deg of inclination)",
        "solved, or inclination scanned over azimuth",
        "undecided rows",
        float(undecided.mean()),
        "1",
        1e-3,
    )
    good = found.status == Outcome.OK
    assert 0.3 < good.mean() < 0.9
    assert np.degrees(np.abs(found.residual_inclination_rad[good])).max() < 1e-6
    # brute force for rows declared not to exist: the least inclination over all azimuths of the plane
    problem = build_problem(targets.select(np.flatnonzero(found.status == Outcome.DECLINATION)[:25]), open_ephemeris())
    wanted = np.minimum(problem.targets.inclination_rad, np.pi - problem.targets.inclination_rad)
    base = np.where(problem.targets.inclination_rad > np.pi / 2, np.pi, 0.0)
    least = np.full(wanted.size, np.inf)
    start = None
    for azimuth in np.arange(-0.4, 0.4001, 0.04):
        fixed = problem.by_azimuth(base + azimuth)
        scan = attempt(fixed, fold_guess(problem, base + azimuth) if start is None else start.vinf_km_s, None)
        assert (scan.status == Outcome.OK).all()
        start = scan
        inclination = osculating_perigee(
            scan.perigee_state, problem.earth_pole, problem.mu_earth_km3_s2
        ).inclination_rad
        least = np.minimum(least, np.minimum(inclination, np.pi - inclination))
    assert (least > wanted - 1e-6).all()


def test_both_branches_of_a_fold_lie_on_their_own_sides() -> None:
    targets = near_fold_targets(300)
    mirrored = TransferTargets(**{**targets.__dict__, "branch_sign": -targets.branch_sign})
    one, other = solve_direct(targets), solve_direct(mirrored)
    both = (one.status == Outcome.OK) & (other.status == Outcome.OK)
    assert np.array_equal(one.status == Outcome.OK, other.status == Outcome.OK), "both branches exist or none"
    problem = build_problem(targets, open_ephemeris())
    difference = np.sin(plane_azimuth_rad(problem, one.perigee_state)[both]) - np.sin(
        plane_azimuth_rad(problem, other.perigee_state)[both]
    )
    assert (difference * targets.branch_sign[both] > 0.0).all()
