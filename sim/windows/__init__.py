"""Launch windows: from a site and a transfer family to every instant at which a mission can lift off.

`request` says what is asked, `manifold` solves transfer families over arrival time, `closure` brings site and
transfer plane together, `arrival` describes how the Moon is met, `search` puts it together into a `table`. `ascent`
searches launches without a parking orbit, `departure` those from an orbit; `find` knows which one is asked for.
"""

from sim.windows.arrival import sun_elevation_deg
from sim.windows.find import find_opportunities
from sim.windows.request import BRANCHES, LEGS, POLES, ArrivalPlane, DepartureOrbit, WindowRequest
from sim.windows.table import OpportunityTable, empty_table, join_tables

__all__ = [
    "BRANCHES",
    "LEGS",
    "POLES",
    "ArrivalPlane",
    "DepartureOrbit",
    "OpportunityTable",
    "WindowRequest",
    "empty_table",
    "find_opportunities",
    "join_tables",
    "sun_elevation_deg",
]
