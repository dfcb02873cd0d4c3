"""The order of every integrator, seen on problems of others: Arenstorf's orbit and the DETEST set, and on Kepler's.

The compiled steps take only gravity. Here the same tableaus are applied to any right-hand side, in plain numpy and
extended precision where the processor has it; tests/unit compares the compiled steps with their tableaus. Meshes are
refined by cutting every step in equal parts, so that the ratio of errors shows the order also where steps vary a
thousandfold. DETEST: Hull, Enright, Fellen, Sedgwick (1972), SIAM J. Numer. Anal. 9:603; their classes B to E.
First-order systems y' = g(y) are also taken as y'' = g'(y) g(y), which methods for second-order equations can solve.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.core import dop853_tableau as dop
from sim.core.gauss_jackson import gauss_jackson
from sim.core.rkn1210_tableau import B_TEXT, BP_TEXT, C_TEXT, a_fractions, fractions

REAL = np.longdouble
pytestmark = pytest.mark.skipif(np.finfo(REAL).nmant < 63, reason="this processor has no format beyond double")


def real(values):
    """Exact fractions in the longest format of this machine."""
    return np.array([REAL(v.numerator) / REAL(v.denominator) for v in values], dtype=REAL)


RKN_A = np.array([real(row) for row in a_fractions()], dtype=REAL)
RKN_B, RKN_BP, RKN_C = real(fractions(B_TEXT)), real(fractions(BP_TEXT)), real(fractions(C_TEXT))


def times(weights, k):
    """Sum of rows with weights (BLAS has no long double)."""
    return (weights[:, np.newaxis] * k).sum(axis=0)


def rkn_state(f, y, v, mesh):
    """Fly y'' = f(t, y) along a mesh with the tableau of the core; end with its rate."""
    for t, h in zip(mesh[:-1], np.diff(mesh), strict=True):
        k = np.empty((len(RKN_C), y.size), dtype=REAL)
        for i, c in enumerate(RKN_C):
            k[i] = f(t + c * h, y + c * h * v + h * h * times(RKN_A[i, :i], k[:i]))
        y, v = y + h * v + h * h * times(RKN_B, k), v + h * times(RKN_BP, k)
    return y, v


def rkn1210(f, y, v, mesh):
    return rkn_state(f, y, v, mesh)[0]


def dop853(f, y, v, mesh):
    """The same as a system of first order."""
    n = y.size
    return first_order(lambda t, s: np.concatenate([s[n:], f(t, s[:n])]), np.concatenate([y, v]), mesh)[:n]


def first_order(g, y, mesh):
    """Fly y' = g(t, y) along a mesh with the core's DOP853."""
    for t, h in zip(mesh[:-1], np.diff(mesh), strict=True):
        k = np.zeros((dop.STAGES, y.size), dtype=REAL)
        for i in range(dop.STAGES):
            k[i] = g(t + dop.C[i] * h, y + h * times(dop.A[i, :i], k[:i]))
        y = y + h * times(dop.B[: dop.STAGES], k)
    return y


def gauss_jackson_flight(order):
    """Predict, evaluate, correct, evaluate; started by the other method in quarters of the steps."""
    method = gauss_jackson(order)

    def fly(f, y, v, mesh):
        h = mesh[1] - mesh[0]
        places = [y]
        for t in mesh[:order]:
            fine = np.linspace(t, t + h, 5, dtype=REAL)
            place, v = rkn_state(f, places[-1], v, fine)
            places.append(place)
        forces = [f(t, place) for t, place in zip(mesh, places, strict=False)]
        late = np.array(forces[::-1][: order + 1])
        sum1 = v / h - times(method.velocity, late)
        sum2 = places[-1] / h**2 - times(method.corrector, late) + sum1
        for t in mesh[order + 1 :]:
            y = h**2 * (sum2 + times(method.predictor, late))
            late = np.concatenate([f(t, y)[np.newaxis], late[:-1]])
            y = h**2 * (sum2 + times(method.corrector, late))
            late[0] = f(t, y)
            sum1 = sum1 + late[0]
            sum2 = sum2 + sum1
        return y

    return fly


def cut(mesh, parts):
    """Every step in equal parts."""
    inside = np.arange(parts, dtype=REAL) / parts
    return np.append((mesh[:-1, np.newaxis] + np.diff(mesh)[:, np.newaxis] * inside).ravel(), mesh[-1])


def order(fly, f, y, v, mesh, exact, parts):
    """Slope of the errors over meshes cut ever finer, which must be far from rounding and already fall."""
    errors = [float(np.sqrt(((fly(f, y, v, cut(mesh, n)) - exact) ** 2).sum())) for n in parts]
    assert errors[0] < 0.1 and errors[-1] > FLOOR, errors
    return -float(np.polyfit(np.log(parts), np.log(errors), 1)[0])


FLOOR = 1e-17
"""Errors below are rounding."""


def vector(*values):
    return np.array(values, dtype=REAL)


# --- problems: f(t, y), y, v, mesh of the coarsest steps ----------------------------------------------------------


def attraction(t, y):
    return -y / (y * y).sum() ** REAL(1.5)


KEPLER_STEPS = {"0.1": 16, "0.3": 20, "0.5": 24, "0.7": 36, "0.9": 70}


def kepler(ecc):
    """Class D: an ellipse over 0 to 20, from periapsis; steps are as long as r^1.5."""
    e = REAL(ecc)
    end = REAL(20.0)
    anomaly = end
    for _ in range(60):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - end) / (1 - e * np.cos(anomaly))
    exact = vector(np.cos(anomaly) - e, np.sqrt(1 - e * e) * np.sin(anomaly))
    fine = np.linspace(0.0, float(anomaly), 20_001)
    passed = np.cumsum(1.0 / np.sqrt(1.0 - float(e) * np.cos(fine)))
    wanted = np.linspace(passed[0], passed[-1], KEPLER_STEPS[ecc] + 1)
    steps = np.append(np.interp(wanted, passed, fine)[:-1].astype(REAL), anomaly)
    return attraction, vector(1 - e, 0), vector(0, np.sqrt((1 + e) / (1 - e))), steps - e * np.sin(steps), exact


MU = REAL("0.012277471")
PERIOD = REAL("17.0652165601579625588917206249")


def arenstorf(t, y):
    """Arenstorf's problem without the turning frame: two bodies on circles."""
    c, s = np.cos(t), np.sin(t)
    to_earth, to_moon = y + MU * vector(c, s), y - (1 - MU) * vector(c, s)
    cubes = [(d * d).sum() ** REAL(1.5) for d in (to_earth, to_moon)]
    return -(1 - MU) * to_earth / cubes[0] - MU * to_moon / cubes[1]


ARENSTORF_START = vector("0.994", 0), vector(0, REAL("-2.00158510637908252240537862224") + REAL("0.994"))


def arenstorf_mesh(count):
    """Steps that follow the distances, from a flight with a fixed share of the local time scale."""
    y, v = ARENSTORF_START
    mesh = [REAL(0.0)]
    share = REAL(1.0) / count
    while mesh[-1] < PERIOD:
        t = mesh[-1]
        place = vector(np.cos(t), np.sin(t))
        r, d = (float(np.sqrt((x * x).sum())) for x in (y + MU * place, y - (1 - MU) * place))
        h = share / REAL(np.sqrt((1 - float(MU)) / r**3 + float(MU) / d**3))
        h = min(h, PERIOD - t)
        y, v = rkn_state(arenstorf, y, v, np.array([t, t + h], dtype=REAL))
        mesh.append(t + h)
    return np.array(mesh, dtype=REAL)


def b1(y):
    return np.array([2 * (y[0] - y[0] * y[1]), -(y[1] - y[0] * y[1])])


def b2(y):
    return np.array([-y[0] + y[1], y[0] - 2 * y[1] + y[2], y[1] - y[2]])


def b3(y):
    return np.array([-y[0], y[0] - y[1] ** 2, y[1] ** 2])


def b4(y):
    rho = np.sqrt(y[0] ** 2 + y[1] ** 2)
    return np.array([-y[1] - y[0] * y[2] / rho, y[0] - y[1] * y[2] / rho, y[0] / rho])


def b5(y):
    return np.array([y[1] * y[2], -y[0] * y[2], REAL("-0.51") * y[0] * y[1]])


def c1(y):
    flow = np.append(y[:9], 0)
    return np.concatenate([[-flow[0]], flow[:8] - flow[1:9], [flow[8]]])


def c3(y):
    return -2 * y + np.append(y[1:], 0) + np.insert(y[:-1], 0, 0)


# Where y' = g(y) decays, y'' = g'(y) g(y) also grows: those are flown for less long. Last: steps of the mesh to cut.
FIRST = {
    "B1, prey and predators": (b1, vector(1, 3), 3, 6),
    "B2, a linear reaction": (b2, vector(2, 0, 1), 4, 4),
    "B3, a nonlinear reaction": (b3, vector(1, 0, 0), 4, 5),
    "B4, on a torus": (b4, vector(3, 0, 0), 20, 12),
    "B5, a free rigid body": (b5, vector(0, 1, 1), 20, 16),
    "C1, a chain of decays": (c1, vector(1, *[0] * 9), 4, 3),
    "C3, a heated rod": (c3, vector(1, *[0] * 9), 2, 3),
}


def second(g):
    """Right-hand side of y'' = g'(y) g(y), the derivative along g by an imaginary step."""

    def f(t, y):
        step = REAL("1e-30")
        return (g(y + 1j * step * g(y)) / step).imag.astype(REAL)

    return f


GM = REAL("2.95912208286")
MASSES = vector(
    "0.000954786104043", "0.000285583733151", "0.0000437273164546", "0.0000517759138449", "0.00000277777777778"
)
SUN = REAL("1.00000597682")
PLANETS = np.array(
    [
        ["3.42947415189", "3.35386959711", "1.35494901715"], ["6.64145542550", "5.97156957878", "2.18231499728"],
        ["11.2630437207", "14.6952576794", "6.27960525067"], ["-30.1552268759", "1.65699966404", "1.43785752721"],
        ["-21.1238353380", "28.4465098142", "15.3882659679"],
    ]
).astype(REAL)  # fmt: skip
MOTION = np.array(
    [
        ["-0.557160570446", "0.505696783289", "0.230578543901"],
        ["-0.415570776342", "0.365682722812", "0.169143213293"],
        ["-0.325325669158", "0.189706021964", "0.0877265322780"],
        ["-0.0240476254170", "-0.287659532608", "-0.117219543175"],
        ["-0.176860753121", "-0.216393453025", "-0.0148647893090"],
    ]
).astype(REAL)  # fmt: skip


def c5(t, y):
    """Five outer planets about the Sun."""
    p = y.reshape(5, 3)
    pull = p / ((p * p).sum(axis=1) ** REAL(1.5))[:, np.newaxis]
    between = p[np.newaxis] - p[:, np.newaxis]
    square = (between * between).sum(axis=2) + np.eye(5, dtype=REAL)
    mutual = (MASSES[:, np.newaxis] * between / (square ** REAL(1.5))[..., np.newaxis]).sum(axis=1)
    total = (MASSES[:, np.newaxis] * pull).sum(axis=0) - MASSES[:, np.newaxis] * pull
    return (GM * (mutual - total - (SUN + MASSES)[:, np.newaxis] * pull)).ravel()


def e3(t, y):
    """A forced Duffing oscillator."""
    return y**3 / 6 - y + 2 * np.sin(REAL("2.78535") * t)


SECOND = {
    "C5, the outer planets": (c5, PLANETS.ravel(), MOTION.ravel(), 100, 10),
    "E3, a forced oscillator": (e3, vector(0), vector(0), 20, 12),
}

# --- tests ----------------------------------------------------------------------------------------------------------


def check(record_accuracy, case, name, nominal, measured):
    """Slopes on meshes this coarse differ from the order by a few tenths, on either side."""
    record_accuracy(case, f"order {nominal}", f"{name}: order lacking", max(nominal - measured, 0.0), "1", 0.9)


@pytest.mark.parametrize("ecc", KEPLER_STEPS)
def test_kepler(ecc, record_accuracy):
    f, y, v, mesh, exact = kepler(ecc)
    case = f"DETEST D, Kepler with e = {ecc}"
    check(record_accuracy, case, "RKN12(10)", 12, order(rkn1210, f, y, v, mesh, exact, (2, 3, 4)))
    check(record_accuracy, case, "DOP853", 8, order(dop853, f, y, v, mesh, exact, (4, 6, 8)))


@pytest.mark.parametrize("points", [8, 10])
def test_gauss_jackson_on_kepler(points, record_accuracy):
    f, y, v, _, exact = kepler("0.1")
    mesh = np.linspace(REAL(0.0), REAL(20.0), 2, dtype=REAL)
    measured = order(gauss_jackson_flight(points), f, y, v, mesh, exact, (100, 140, 200, 280))
    check(record_accuracy, "DETEST D, Kepler with e = 0.1", f"Gauss-Jackson {points}", points, measured)


def test_arenstorf(record_accuracy):
    """The orbit closes after the published period, and the order shows against the finest mesh."""
    mesh = arenstorf_mesh(4)
    y, v = ARENSTORF_START
    exact = rkn1210(arenstorf, y, v, cut(mesh, 5))
    back = vector(np.cos(PERIOD), np.sin(PERIOD)) * y[0]
    closure = float(np.sqrt(((exact - back) ** 2).sum()))
    record_accuracy("Arenstorf's orbit", "published period and start", "closure", closure, "1", 1e-12)
    check(record_accuracy, "Arenstorf's orbit", "RKN12(10)", 12, order(rkn1210, arenstorf, y, v, mesh, exact, (1, 2)))
    check(record_accuracy, "Arenstorf's orbit", "DOP853", 8, order(dop853, arenstorf, y, v, mesh, exact, (2, 4)))


@pytest.mark.parametrize("name", FIRST)
def test_first_order_systems(name, record_accuracy):
    """DOP853 takes them as they are, the others their second-order form; fine meshes of both agree."""
    g, y, end, steps = FIRST[name]
    coarse, one = (np.linspace(REAL(0.0), REAL(end), n + 1, dtype=REAL) for n in (steps, 1))

    def plain(f, y, v, mesh):
        return first_order(lambda t, s: g(s), y, mesh)

    case, f, v = f"DETEST {name}", second(g), g(y)
    exact = rkn1210(f, y, v, cut(coarse, 20))
    assert np.abs(exact - plain(f, y, v, cut(coarse, 40))).max() < 1e-12
    check(record_accuracy, case, "DOP853", 8, order(plain, f, y, v, coarse, exact, (2, 3, 4, 6)))
    check(record_accuracy, case, "RKN12(10)", 12, order(rkn1210, f, y, v, coarse, exact, (2, 3, 4)))
    parts = [16 * steps, 22 * steps, 32 * steps, 44 * steps]
    check(record_accuracy, case, "Gauss-Jackson 8", 8, order(gauss_jackson_flight(8), f, y, v, one, exact, parts))


@pytest.mark.parametrize("name", SECOND)
def test_second_order_systems(name, record_accuracy):
    f, y, v, end, steps = SECOND[name]
    coarse, one = (np.linspace(REAL(0.0), REAL(end), n + 1, dtype=REAL) for n in (steps, 1))
    exact = rkn1210(f, y, v, cut(coarse, 16))
    case = f"DETEST {name}"
    check(record_accuracy, case, "RKN12(10)", 12, order(rkn1210, f, y, v, coarse, exact, (2, 3, 4)))
    check(record_accuracy, case, "DOP853", 8, order(dop853, f, y, v, coarse, exact, (2, 3, 4, 6)))
    parts = [5 * steps, 7 * steps, 10 * steps, 14 * steps]
    check(record_accuracy, case, "Gauss-Jackson 8", 8, order(gauss_jackson_flight(8), f, y, v, one, exact, parts))
