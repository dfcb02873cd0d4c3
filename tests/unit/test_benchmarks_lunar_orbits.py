"""The design calculations on lunar orbits: jobs run once, a stopped run goes on, refusals are kept as outcomes."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks import lunar_orbits
from benchmarks.orbit_tables import LUNAR_ORBITS, orbit_table
from sim.errors import InputError
from sim.operations.low_orbits import equator_axes


def test_jobs_have_names_of_their_own_and_cover_the_parts():
    keys = [(job.part, job.name) for job in lunar_orbits.jobs()]
    assert len(set(keys)) == len(keys)
    assert {part for part, _ in keys} == {"published", "relays", "keeping", "families", "lifetimes"}


def test_a_stopped_run_goes_on_and_a_refusal_is_an_outcome(tmp_path, capsys):
    place, made = tmp_path / "records.jsonl", []
    place.write_text('{"task": "another"}\n', encoding="utf-8")

    def stopped():
        raise KeyboardInterrupt

    def refused():
        raise InputError("no such orbit")

    def job(name, make):
        return lunar_orbits.Job("families", name, make, 1.0)

    first = job("first", lambda: made.append("first") or {"zeros_deg": [27.7, 50.3], "lifetime_day": [None, 3.0]})
    with pytest.raises(KeyboardInterrupt):
        lunar_orbits.run(place, [first, job("second", stopped)])
    lunar_orbits.run(place, [first, job("second", refused)])
    assert made == ["first"]
    assert "2 jobs, 1 of them done before" in capsys.readouterr().out
    records = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    assert [r["task"] for r in records] == ["another", "lunar-orbits", "lunar-orbits"]
    assert records[2]["refused"] == "no such orbit" and records[1]["machine"]
    assert lunar_orbits.main(["--json", str(place), "--report"]) == 0
    said = capsys.readouterr().out
    assert "zeros_deg 27.7, 50.3" in said and "refused: no such orbit" in said and "3, 1 outlive" in said


def test_parts_are_checked(tmp_path):
    with pytest.raises(SystemExit):
        lunar_orbits.main(["--json", str(tmp_path / "x"), "nothing"])


def test_the_frames_of_the_publication_differ_by_what_the_moons_pole_moved():
    then, now = (lunar_orbits.published_axes(f"equator of {when}") for when in ("J2000", "date"))
    assert np.degrees(np.arccos(then[2] @ now[2])) == pytest.approx(3.05, abs=0.05)
    assert np.allclose(then, equator_axes([0.0])[0])
    mean = lunar_orbits.published_axes("mean pole")
    assert np.degrees(np.arccos(then[2] @ mean[2])) == pytest.approx(1.55, abs=0.05)
    assert np.allclose(mean @ mean.T, np.eye(3), atol=1e-12)


def test_the_table_says_what_the_committed_records_hold(tmp_path):
    text = orbit_table()
    assert "| 410.8 d |" in text
    assert len(text.splitlines()) > 30
    records = lunar_orbits.done(LUNAR_ORBITS)
    assert {part for part, _ in records} == {"published", "relays", "keeping", "families", "lifetimes"}
    kept = records["keeping", "50 km, 90 deg"]["result"]
    assert f"{kept['year_dv_m_s']:.1f} m/s a year" in text
    assert len(orbit_table(tmp_path / "none").splitlines()) == 2
