"""Where the bodies are: ephemeris files opened, verified and turned into states or Chebyshev tables.

The package carries its own exact cut of DE440 for 1959-2051 (:func:`open_ephemeris`); any other SPK file can
be given by path (:func:`open_spk`).
"""

from sim.ephemeris.cut import open_ephemeris
from sim.ephemeris.light_time import position_with_light_time_km
from sim.ephemeris.series import ChebyshevSeries
from sim.ephemeris.spk import open_spk
from sim.ephemeris.states import NAIF_ID, Ephemeris, epoch_text
from sim.ephemeris.tables import ChebyshevTable, LibrationTable

__all__ = [
    "NAIF_ID",
    "ChebyshevSeries",
    "ChebyshevTable",
    "Ephemeris",
    "LibrationTable",
    "epoch_text",
    "open_ephemeris",
    "open_spk",
    "position_with_light_time_km",
]
