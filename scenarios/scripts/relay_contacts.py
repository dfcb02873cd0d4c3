"""What "polar" and "low" mean for a relay and surveyor: contact and passes against altitude and inclination.

Simple geometry (two bodies, turning Moon), site on the Shackleton rim, elevation above 5 degrees.

    python scenarios/scripts/relay_contacts.py --out out/relay
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sim
from sim.analysis.contacts import find_contacts
from sim.analysis.lunar_orbit import LunarOrbit
from sim.analysis.survey import pass_statistics


def main() -> None:
    """Print and draw the two dependences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/relay"))
    parser.add_argument("--site", default="shackleton_rim_ce7")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    site = sim.lunar_site(arguments.site)
    place = (site.latitude_deg, site.longitude_deg)
    altitude_km = np.array([40.0, 60.0, 80.0, 100.0, 150.0, 200.0, 300.0, 500.0])
    contacts = [find_contacts(LunarOrbit(height, height, 90.0), *place) for height in altitude_km]
    for height, found in zip(altitude_km, contacts, strict=True):
        print(
            f"{height:4.0f} km: {found.contacts_per_day:4.1f} contacts a day of {found.mean_contact_min:4.1f} min, ",
            end="",
        )
        print(f"longest gap {found.longest_gap_hour:.1f} h, range up to {found.range_max_km:.0f} km")
    inclination_deg = np.arange(86.0, 90.01, 0.1)
    passes = np.array(
        [pass_statistics(LunarOrbit(60.0, 60.0, float(tilt)), *place).passes_per_month for tilt in inclination_deg]
    )
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    left.plot(altitude_km, [found.minutes_per_day for found in contacts], "o-")
    left.set(xlabel="altitude (km)", ylabel="contact (minutes a day)", title="Circular polar relay", ylim=(0, None))
    for column, limit_km in enumerate((5, 10, 25)):
        right.plot(inclination_deg, passes[:, column], label=f"nearer than {limit_km} km")
    right.set(xlabel="inclination (deg)", ylabel="passes a month", title=f"Passes over {arguments.site}, 60 km")
    right.legend(fontsize=8)
    figure.savefig(arguments.out / "relay_contacts.png", dpi=130)


if __name__ == "__main__":
    main()
