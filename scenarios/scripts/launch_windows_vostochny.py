"""Find every launch instant from Vostochny to the Moon in 30 days, and draw them by date and hour.

python scenarios/scripts/launch_windows_vostochny.py --out out/vostochny --month 2026-10
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sim

BRANCHES = (("tab:blue", "Moon met on the ascending leg"), ("tab:orange", "on the descending leg"))
POLES = (("o", 8.0, "over the lunar north pole"), (".", 4.0, "over the south pole"))


def search(month: str):
    """Search 30 days: 200 km parking orbit at 51.8 deg, five days, 100 km polar orbit at the Moon."""
    start = sim.tdb_from_utc(f"{month}-01T00:00:00")
    request = sim.WindowRequest(
        mission_id="vostochny",
        site=sim.launch_site("vostochny"),
        launch_start_tdb=start,
        launch_stop_tdb=start + 30.0 * 86400.0,
        inclination_deg=(51.8,),
        parking_altitude_km=200.0,
        tof_day=(5.0,),
        perilune_altitude_km=100.0,
        apolune_altitude_km=100.0,
    )
    return sim.find_opportunities(request)


def main() -> None:
    """Search, print the cheapest launch and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/vostochny"))
    parser.add_argument("--month", default="2026-10", metavar="YYYY-MM")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = search(arguments.month)
    best = int(np.argmin(table.loi_dv_m_s))
    launch_utc = sim.utc_from_tdb(table.launch_tdb[best], 0)
    print(f"{len(table)} launch instants; cheapest insertion {table.loi_dv_m_s[best]:.0f} m/s, launch {launch_utc} UTC")
    when = np.array(sim.utc_from_tdb(table.launch_tdb), dtype="datetime64[ms]")
    day = when.astype("datetime64[D]")
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for branch, (colour, leg) in enumerate(BRANCHES):
        for pole, (mark, size, side) in enumerate(POLES):
            rows = (table.pole == pole) & (table.branch == branch)
            hours = (when - day)[rows] / np.timedelta64(1, "h")
            axes.plot(day[rows], hours, mark, ms=size, color=colour, mfc=("none", colour)[pole], label=f"{leg}, {side}")
    axes.set(
        ylabel="hour of launch (UTC)",
        ylim=(0, 24),
        yticks=range(0, 25, 3),
        title=f"Vostochny, from {arguments.month}-01",
    )
    axes.legend(fontsize=8)
    figure.autofmt_xdate()
    figure.savefig(arguments.out / "launch_windows_vostochny.png", dpi=130)


if __name__ == "__main__":
    main()
