"""The access benchmark at smoke size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import access_tasks


@pytest.mark.bench
def test_a1_runs_and_writes_its_record(tmp_path: Path) -> None:
    record = access_tasks.main(["--rounds", "1", "--day", "2", "--json", str(tmp_path / "a1.jsonl")])
    assert json.loads((tmp_path / "a1.jsonl").read_text()) == record
    assert record["task"] == "A1" and record["rows"] > 100
    # Edges are to be right to 1 s; measured 0.004 s.
    assert record["edge_error_p99_s"] < 0.05


def test_a1_refuses_what_makes_no_sense() -> None:
    with pytest.raises(SystemExit):
        access_tasks.main(["--rounds", "0"])
