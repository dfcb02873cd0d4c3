"""Solve the transfer of Luna 25 for the days of its flight and draw it beside the Moon's orbit.

Says by how many minutes the solved launch nearest to the published one differs from it.

    python scenarios/scripts/transfer_luna25.py --out out/luna25
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sim

SCENARIO = Path(__file__).parents[1] / "luna_25_flight2023.toml"


def main() -> None:
    """Run the mission and draw its best transfer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/luna25"))
    arguments = parser.parse_args()
    results = sim.run_scenario(SCENARIO, arguments.out)
    sim.write_results(results, arguments.out)
    mission = results.missions[0]
    table, row = mission.table, mission.nominal
    late_min = (table.launch_tdb[row] - mission.case.nominal_launch_tdb) / 60.0
    print(f"solved launch {sim.utc_from_tdb(table.launch_tdb[row], 0)} UTC, {late_min:+.1f} min from the flown one")
    print(f"injection {table.tli_dv_m_s[row]:.0f} m/s, insertion {table.loi_dv_m_s[row]:.0f} m/s")

    flight, ephemeris = mission.trajectory, sim.open_ephemeris()
    span = np.linspace(flight.t_tdb[-1] - 27.3 * 86400.0, flight.t_tdb[-1], 400)
    orbit = ephemeris.position_km("moon", "earth", span)
    # the plane of the Moon's orbit: x to the Moon at arrival, z along its angular momentum
    x = flight.moon_state[-1, :3] / np.linalg.norm(flight.moon_state[-1, :3])
    z = np.cross(flight.moon_state[-1, :3], flight.moon_state[-1, 3:])
    axes_of_plane = np.stack([x, np.cross(z / np.linalg.norm(z), x)])
    figure, axes = plt.subplots(figsize=(7, 6.4), layout="constrained")
    for positions, style, name in (
        (orbit, "0.7", "Moon, one month"),
        (flight.moon_state[:, :3], "tab:orange", "Moon during the flight"),
        (flight.state[:, :3], "tab:blue", "Luna 25 (least insertion)"),
    ):
        flat = positions @ axes_of_plane.T / 1000.0
        axes.plot(flat[:, 0], flat[:, 1], color=style, label=name)
    axes.add_patch(plt.Circle((0.0, 0.0), 6.378, color="tab:green", label="Earth, to scale"))
    axes.set(aspect="equal", xlabel="1000 km", ylabel="1000 km", title="In the plane of the Moon's orbit, axes at rest")
    axes.legend(loc="upper right", fontsize=8)
    figure.savefig(arguments.out / "transfer_luna25.png", dpi=130)


if __name__ == "__main__":
    main()
