"""How reports write numbers."""

from __future__ import annotations

import pytest

from sim.products.report import number


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.001, 2, "0.00"),
        (-0.4, 0, "0"),
        (-0.006, 2, "\u22120.01"),
        (12345.6, 0, "12\u202f346"),
        (None, 1, "–"),
        (float("nan"), 1, "nan"),
    ],
)
def test_numbers_have_no_minus_before_a_zero(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text
