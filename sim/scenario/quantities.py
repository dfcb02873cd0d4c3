"""Numbers of the real world in a scenario file: value, where it comes from, and what is physically thinkable.

Every such number is an inline table ``{ value = 1750.0, status = "flown", source = ["S34"], note = "..." }``. The unit
stands in the key; the ranges here are wide enough for any mission and narrow enough that a number in the wrong unit
falls outside.
"""

# No `from __future__ import annotations` here: pydantic reads the annotations of models when they are defined.

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema

from sim.scenario.dates import check_instant, check_moment
from sim.scenario.document import short

RULES = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)
"""How every table of a scenario file is read: no conversion, no change, no unknown key."""

OUTSIDE = "outside"
"""Error type of every check of this module; its context holds ``allowed``, ``hint`` and ``at``."""

SLIPS: dict[str, tuple[tuple[str, float, str], ...]] = {
    "km": (("metres", 1e-3, "m"), ("megametres", 1e3, "Mm")),
    "kg": (("tonnes", 1e3, "t"), ("grams", 1e-3, "g")),
    "n": (("kilonewtons", 1e3, "kN"), ("kilograms-force", 9.80665, "kgf")),
    "s": (("milliseconds", 1e-3, "ms"), ("minutes", 60.0, "min"), ("hours", 3600.0, "h"), ("days", 86400.0, "d")),
    "isp": (
        ("an exhaust velocity in m/s", 1.0 / 9.80665, "m/s"),
        ("an exhaust velocity in km/s", 1e3 / 9.80665, "km/s"),
    ),
    "day": (("hours", 1.0 / 24.0, "h"), ("seconds", 1.0 / 86400.0, "s"), ("years", 365.25, "yr")),
    "m_s": (("km/s", 1e3, "km/s"), ("mm/s", 1e-3, "mm/s")),
    "km_s": (("m/s", 1e-3, "m/s"),),
}
"""Per unit: words, factor to the right unit and symbol of the units most often written by mistake."""

Status = Literal["planned_2021", "planned_pre2021", "replanned", "flown", "geometry", "derived", "assumed"]
STATUSES: tuple[str, ...] = get_args(Status)
"""The same words as `sim.cases.STATUSES`, which is not imported: checking a file must not load numpy."""

_SOURCE_ID = r"^[A-Za-z0-9_.-]{1,32}$"
_IDENTIFIER = r"^[a-z][a-z0-9_]{0,47}$"
PATTERN_WORDS = {
    _SOURCE_ID: "up to 32 letters, digits, '_', '.' or '-'",
    _IDENTIFIER: "up to 48 lower-case letters, digits and '_', a letter first",
}
"""What the patterns of text keys mean."""

SourceId = Annotated[str, Field(pattern=_SOURCE_ID)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
ShortText = Annotated[str, Field(min_length=1, max_length=120)]
Identifier = Annotated[str, Field(pattern=_IDENTIFIER)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Sourced(BaseModel):
    """Where a value comes from; the base of every table that carries one."""

    model_config = RULES

    status: Status = Field(description="Where the value comes from; see the list of statuses")
    source: Annotated[tuple[SourceId, ...], Field(strict=False)] = Field(
        default=(),
        description="Ids of sources.toml or of the file's own [sources]; may be empty for assumed and derived",
    )
    note: str = Field(default="", max_length=1000, description="Why this value; required for assumed and derived")


class Number(Sourced):
    """One number with its source."""

    value: Finite = Field(description="The number, in the unit of the key")


def _as_items(value: Any) -> Any:
    """Let one number stand for a list of one."""
    return value if isinstance(value, list) else (value,)


NumberList = Annotated[
    tuple[Finite, ...],
    Field(strict=False, min_length=1, max_length=40),
    BeforeValidator(_as_items),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}]}),
]


class Numbers(Sourced):
    """One number or a list of numbers to try, with their source."""

    value: NumberList = Field(description="The number or the list of numbers to try, in the unit of the key")


class Count(Sourced):
    """One whole number with its source."""

    value: int = Field(description="The whole number")


class Statement(Sourced):
    """A sentence about what happened, with its source."""

    value: Text = Field(description="One or two sentences")


class Instant(Sourced):
    """One UTC instant with its source."""

    value: str = Field(description="UTC, YYYY-MM-DDTHH:MM:SS")


class Moment(Sourced):
    """One UTC date as exactly as it was published, with its source."""

    value: str = Field(description="UTC as exactly as published: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """Physical range of a `Number`, `Numbers` or `Count`; put into ``Annotated`` behind the model.

    Attributes
    ----------
    unit : str
        Key of `SLIPS`, or any other text.
    low, high : float
        Smallest and largest thinkable value, both allowed.
    """

    unit: str
    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Check the range after the model itself."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Add unit and range to the JSON Schema of the key."""
        bounds = {"minimum": self.low, "maximum": self.high}
        return {**handler(schema), "x-unit": self.symbol, "properties": {"value": {**bounds, "items": bounds}}}

    @property
    def symbol(self) -> str:
        """Unit as people write it."""
        symbols = {"isp": "s", "n": "N", "m_s": "m/s", "km_s": "km/s", "km2_s2": "km2/s2", "1": "", "day": "d"}
        return symbols.get(self.unit, self.unit)

    def _check(self, number: Number | Numbers | Count) -> Number | Numbers | Count:
        listed = isinstance(number.value, tuple)
        for index, value in enumerate(number.value if isinstance(number.value, tuple) else (number.value,)):
            if not self.low <= value <= self.high:
                raise PydanticCustomError(
                    OUTSIDE,
                    "{allowed}",
                    {
                        "at": ("value", index) if listed else ("value",),
                        "found": short(value) if isinstance(value, int) else f"{value:.10g}",
                        "allowed": f"{self.low:.10g} to {self.high:.10g} {self.symbol}".rstrip(),
                        "hint": self.slip(value),
                    },
                )
        return number

    def slip(self, value: float) -> str:
        """Guess which unit was meant.

        Parameters
        ----------
        value : float
            Number outside the range.

        Returns
        -------
        str
            A question with the number converted; empty when no usual slip fits.
        """
        for words, factor, symbol in SLIPS.get(self.unit, ()):
            meant = value * factor
            if self.low <= meant <= self.high:
                return f"did you mean {words}? {value:.10g} {symbol} = {meant:.6g} {self.symbol}"
        return ""


@dataclass(frozen=True, slots=True)
class Utc:
    """Form and range of an `Instant` or `Moment`; put into ``Annotated`` behind the model.

    Attributes
    ----------
    partial : bool
        Whether year, month or day may stand alone.
    """

    partial: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Check the date after the model itself."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Name the time scale in the JSON Schema of the key."""
        return {**handler(schema), "x-unit": "UTC"}

    def _check(self, date: Instant | Moment) -> Instant | Moment:
        check_utc_text(date.value, partial=self.partial, at=("value",))
        return date


def check_utc_text(text: str, *, partial: bool = False, at: tuple[str, ...] = ()) -> str:
    """Check a UTC text for pydantic.

    Parameters
    ----------
    text : str
        UTC.
    partial : bool
        Whether year, month or day may stand alone.
    at : tuple of str
        Where the text stands below the key that is being checked.

    Returns
    -------
    str
        The text.

    Raises
    ------
    PydanticCustomError
        The text is no UTC date within the ephemeris.
    """
    fault = check_moment(text) if partial else check_instant(text)
    if fault:
        context = {"at": at, "found": repr(text[:40]), "allowed": fault[0], "hint": fault[1]}
        raise PydanticCustomError(OUTSIDE, "{allowed}", context)
    return text
