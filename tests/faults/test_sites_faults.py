"""Damaged site tables are refused with a typed error."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import DataError
from sim.sites import LunarSite, tables

GOOD = """[here]
name = "Here"
latitude_deg = -80.0
longitude_deg = 10.0
altitude_m = 0.0
altitude_status = "assumed"
status = "geometry"
sources = ["S140"]
"""


def table_of(tmp_path: Path, text: str):
    path = tmp_path / "lunar_sites.toml"
    path.write_text(text, encoding="utf-8")
    return tables._site_table(LunarSite, path)


def test_a_good_table_is_read(tmp_path):
    assert table_of(tmp_path, GOOD)["here"].latitude_deg == -80.0


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ("-80.0", "nan"), ("-80.0", "-180.0"), ("10.0", "inf"), ('"geometry"', '"sure"'), ('["S140"]', '["S999"]'),
        ('["S140"]', "[]"), ("name", "nama"), ("[here]", "[here"), ("[here]", "here = 3\n[there]"),
        ('sources = ["S140"]\n', ""),
    ],
)  # fmt: skip
def test_damaged_tables_are_refused(tmp_path, found, put):
    with pytest.raises(DataError, match="reinstall"):
        table_of(tmp_path, GOOD.replace(found, put))


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="reinstall"):
        tables.read_toml(tmp_path / "nothing.toml")
