"""Why Wenchang's launch days come and go with the Moon's declination and Vostochny's do not.

A parking orbit can reach the Moon only while its declination stays within the orbit's inclination.

    python scenarios/scripts/moon_declination_and_windows.py --out out/declination
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sim
from sim.frames import R_tod_icrf, rotate

START_TDB, DAYS = sim.tdb_from_utc("2026-09-01T00:00:00"), 60.0
SITES = (("vostochny", 51.8, "tab:blue", 7.0), ("wenchang", 21.3, "tab:orange", 3.5))


def search(site: str, inclination_deg: float):
    """Search the span for one site and one inclination."""
    request = sim.WindowRequest(
        mission_id=site,
        site=sim.launch_site(site),
        launch_start_tdb=START_TDB,
        launch_stop_tdb=START_TDB + DAYS * 86400.0,
        inclination_deg=(inclination_deg,),
        parking_altitude_km=200.0,
        tof_day=(5.0,),
        perilune_altitude_km=200.0,
        apolune_altitude_km=200.0,
    )
    return sim.find_opportunities(request)


def main() -> None:
    """Search both sites and mark the arrivals on the curve of the declination."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/declination"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    span = START_TDB + np.linspace(0.0, DAYS + 6.0, 1600) * 86400.0
    moon = rotate(R_tod_icrf(span), sim.open_ephemeris().position_km("moon", "earth", span))
    declination_deg = np.degrees(np.arcsin(moon[:, 2] / np.linalg.norm(moon, axis=1)))
    figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")
    axes.plot((span - START_TDB) / 86400.0, declination_deg, color="0.6", label="declination of the Moon")
    for site, inclination_deg, colour, size in SITES:
        table = search(site, inclination_deg)
        days = {text[:10] for text in sim.utc_from_tdb(table.launch_tdb)}
        print(f"{site} at {inclination_deg} deg: {len(days)} launch days of {DAYS:.0f}, {len(table)} instants")
        at = (table.perilune_tdb - START_TDB) / 86400.0
        height = np.interp(table.perilune_tdb, span, declination_deg)
        axes.plot(at, height, ".", ms=size, color=colour, label=f"arrivals from {site}")
        axes.hlines([-inclination_deg, inclination_deg], 0.0, DAYS + 6.0, color=colour, lw=0.8, ls="--")
    axes.set(xlabel="days after 1 September 2026", ylabel="degrees", title="Dashed: inclination of the parking orbit")
    axes.legend(fontsize=8)
    figure.savefig(arguments.out / "moon_declination_and_windows.png", dpi=130)


if __name__ == "__main__":
    main()
