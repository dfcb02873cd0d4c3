"""Which assumed inputs the figure of links names: those on which links and their data rest."""

from __future__ import annotations

import pytest

from sim.products.access_figure import _bar, _counts, shortened


@pytest.mark.parametrize(
    "key",
    [
        "m:operations[1].inclination_deg",
        "m:operations[1].node_deg",
        "m:partners[1].inclination_deg",
        "m:places[1].elevation_mask_deg",
        "m:places[1].horizon",
        "m:landing.horizon",
        "m:radios.downlink",
    ],
)
def test_orbits_horizons_and_radios_count(key: str) -> None:
    assert _counts(key)


@pytest.mark.parametrize("key", ["m:orbit_life.nodes", "m:relay_design.node_span_day", "m:landing.delay_day"])
def test_studies_of_other_orbits_do_not(key: str) -> None:
    assert not _counts(key)


def test_a_contact_of_less_than_a_pixel_is_drawn_about_its_middle() -> None:
    begin, width = _bar(10.0, 10.001, 0.007)
    assert width == 0.007
    assert begin + 0.5 * width == pytest.approx(10.0005)
    assert _bar(10.0, 11.0, 0.007) == (10.0, 1.0)


def test_names_are_cut_where_they_say_least() -> None:
    assert shortened("Polar relay of the plan of 2021", 22) == "Polar relay"
    assert shortened("Queqiao-2 as flown in 2024, relay", 12) == "Queqiao-2 a…"
    assert shortened("Chang'e 7", 12) == "Chang'e 7"
