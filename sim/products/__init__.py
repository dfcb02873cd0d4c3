"""Things people look at: tables, summary, figures, report, ephemeris messages, and the border to other libraries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.products.oem import read_oem, write_oem

if TYPE_CHECKING:
    from sim.analysis.results import RunResults
    from sim.ephemeris import Ephemeris

__all__ = ["plot_directory", "read_oem", "write_oem", "write_results"]


def write_results(results: RunResults, directory: Path, *, ephemeris: Ephemeris | None = None) -> list[Path]:
    """Write all tables and ``summary.json`` of a run; see `sim.products.write.write_results`."""
    # Imported here so that `import sim.products` stays light for commands that write nothing.
    from sim.products.write import write_results as write

    return write(results, directory, ephemeris=ephemeris)


def plot_directory(directory: Path, *, interactive: bool = False) -> list[Path]:
    """Draw all figures and the report of a run's folder; see `sim.products.plot.plot_directory`."""
    # Imported here because matplotlib takes longer to load than `perilune check` may run.
    from sim.products.plot import plot_directory as plot

    return plot(directory, interactive=interactive)
