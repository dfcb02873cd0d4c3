"""Compare the coordinated plan of 2024 with the plan of 2026, write everything, and draw the joint launch days.

The same as ``perilune compare scenarios/plan_2024.toml scenarios/plan_2026.toml --out DIR``, and one picture more.

    python scenarios/scripts/compare_plans.py --out out/compare
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sim

SCENARIOS = Path(__file__).parents[1]
PLANS = [SCENARIOS / "plan_2024.toml", SCENARIOS / "plan_2026.toml"]


def bars(panel, months, day: int, counts, colour: str, name: str) -> None:
    """Draw one bar a month, nine days wide, around a day of the month."""
    at = np.array(months, dtype="datetime64[M]").astype("datetime64[D]") + np.timedelta64(day, "D")
    panel.bar(at, counts, width=np.timedelta64(9, "D"), color=colour, label=name)


def draw(results, path: Path) -> None:
    """Draw launch days and joint days a month, one panel a pair of partners."""
    windows = [window for plan in results.plans for window in plan.joint_windows]
    figure, axes = plt.subplots(len(windows), 1, figsize=(9, 2.6 * len(windows)), squeeze=False, layout="constrained")
    for window, panel in zip(windows, axes[:, 0], strict=True):
        plan = next(plan for plan in results.plans if plan.case.id == window.plan_id)
        for mission_id, day, colour in ((window.first, 6, "tab:blue"), (window.second, 15, "tab:orange")):
            calendar = results.mission(plan.mission_keys[mission_id]).calendar
            bars(panel, calendar.months, day, calendar.launch_days, colour, plan.case.mission(mission_id).name)
        bars(panel, window.months, 24, window.days_per_month, "tab:green", "joint days")
        panel.set_ylabel("days a month")
        panel.set_title(f"{plan.case.name}: launches within {window.within_day:g} days", fontsize=10)
        panel.legend(fontsize=8)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/compare"))
    arguments = parser.parse_args()
    results = sim.compare_plans(*PLANS, arguments.out)
    sim.write_results(results, arguments.out)
    sim.plot_directory(arguments.out)
    for row in results.comparison.verdict:
        print(f"{row.question}\n  A: {row.plan_a}\n  B: {row.plan_b}\n  turns on: {row.driver}")
    draw(results, arguments.out / "joint_days.png")


if __name__ == "__main__":
    main()
