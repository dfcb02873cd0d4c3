"""What every GMAT script here consists of, and how one is run: ``gmatpy``, optional, Python 3.12 and later.

The scripts are put together from blocks of text, so that the ones which made the frozen answers in ``tests/truth`` stay
readable as GMAT's own language. Needs nothing else of this project: workers and generators of test data use it too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

J2000_MJD: Final = 21545.0
"""GMAT's modified Julian dates begin at JD 2430000."""

STATE_FIELDS: Final = tuple(f"{{state[{k}]!r}}" for k in range(6))
"""A state in a template."""

MOON_AXES: Final = """Create CoordinateSystem LunaMJ2000Eq;
LunaMJ2000Eq.Origin = Luna;
LunaMJ2000Eq.Axes = MJ2000Eq;
"""
REPORT: Final = """Create ReportFile R;
R.Filename = 'r.txt';
R.Precision = 16;
R.WriteHeaders = Off;
R.ColumnWidth = 26;
R.FixedWidth = true;
BeginMissionSequence;
"""
"""The report is ``r.txt``; :func:`run_script` puts it where it belongs."""

OBLATE_EARTH: Final = """FM.CentralBody = Earth;
FM.PrimaryBodies = {Earth};
FM.GravityField.Earth.Degree = 2;
FM.GravityField.Earth.Order = 0;
FM.GravityField.Earth.PotentialFile = 'JGM3.cof';
FM.PointMasses = {Luna, Sun};
FM.Drag = None;
"""


def spacecraft(epoch_format: str, epoch: str, name: str = "Sat") -> str:
    """Block that creates a spacecraft at an epoch.

    Parameters
    ----------
    epoch_format : str
        One of GMAT's, for example ``TDBModJulian``.
    epoch : str
        In that format.
    name : str
        Of the spacecraft.

    Returns
    -------
    str
        Script.
    """
    return f"Create Spacecraft {name};\n{name}.DateFormat = {epoch_format};\n{name}.Epoch = '{epoch}';\n"


def literal(text: str) -> str:
    """Text as it has to stand in a template for ``str.format``.

    Parameters
    ----------
    text : str
        Script.

    Returns
    -------
    str
        The same with its braces doubled.
    """
    return text.replace("{", "{{").replace("}", "}}")


def cartesian(axes: str, state: Sequence[float | str], name: str = "Sat") -> str:
    """Block that gives a spacecraft its state.

    Parameters
    ----------
    axes : str
        A coordinate system of the script.
    state : sequence of float or str
        km and km/s, or fields of a template.
    name : str
        Of the spacecraft.

    Returns
    -------
    str
        Script.
    """
    lines = [f"{name}.CoordinateSystem = {axes};", f"{name}.DisplayStateType = Cartesian;"]
    columns = ("X", "Y", "Z", "VX", "VY", "VZ")
    values = [value if isinstance(value, str) else repr(float(value)) for value in state]
    lines += [f"{name}.{column} = {value};" for column, value in zip(columns, values, strict=True)]
    return "\n".join(lines) + "\n"


def propagator(accuracy: str, max_step: float | str, first_step: float = 30, lenient: bool = True) -> str:
    """Block that creates the propagator ``P`` over the forces ``FM``: Prince and Dormand's pair of orders 8 and 7.

    Parameters
    ----------
    accuracy : str
        Of a step, as GMAT is to read it.
    max_step, first_step : float or str
        s.
    lenient : bool
        Whether to go on where the accuracy cannot be met.

    Returns
    -------
    str
        Script.
    """
    text = "Create Propagator P;\nP.FM = FM;\nP.Type = PrinceDormand78;\n"
    text += f"P.InitialStepSize = {first_step};\nP.Accuracy = {accuracy};\nP.MinStep = 0;\nP.MaxStep = {max_step};\n"
    return text + ("P.MaxStepAttempts = 100;\nP.StopIfAccuracyIsViolated = false;\n" if lenient else "")


def run_script(
    text: str, folder: Path, name: str = "run", files: Mapping[str, Path] | None = None, shown: str = "Sat"
) -> tuple[float, FloatArray]:
    """Run a script and read its report.

    Parameters
    ----------
    text : str
        Script; its report is ``'r.txt'``.
    folder : Path
        For script and report.
    name : str
        Of the two files.
    files : mapping of str to Path, optional
        Names of files in the script and where these are.
    shown : str
        An object of the script; the engine is asked for one.

    Returns
    -------
    cpu_s : float
        Processor time of the run.
    reported : numpy.ndarray
        Numbers of the report.
    """
    import gmatpy  # type: ignore[import-untyped,unused-ignore]  # optional

    path, report = folder / f"{name}.script", folder / f"{name}.txt"
    report.unlink(missing_ok=True)
    for short, place in {"r.txt": report, **(files or {})}.items():
        text = text.replace(f"'{short}'", f"'{place}'")
    path.write_text(text, encoding="ascii")
    start = time.process_time()
    gmatpy.run_script(path, outputs={shown: ("X",)})
    spent = time.process_time() - start
    return spent, np.loadtxt(report)


def data_folder() -> Path:
    """Folder of GMAT's own data.

    Returns
    -------
    Path
    """
    import gmatpy

    return Path(gmatpy.__file__).parent / "data"


def gravitational_parameters(bodies: Sequence[str] = ("Earth", "Luna", "Sun")) -> dict[str, float]:
    """Read GMAT's own gravitational parameters.

    Parameters
    ----------
    bodies : sequence of str
        GMAT's names.

    Returns
    -------
    dict of str to float
        km3/s2, by our names.
    """
    import gmatpy

    with gmatpy.native_session() as gmat:
        system: Any = gmat.GetSolarSystem()
        found = {name: float(system.GetBody(name).GetGravitationalConstant()) for name in bodies}
    return {{"luna": "moon"}.get(name.lower(), name.lower()): gm for name, gm in found.items()}
