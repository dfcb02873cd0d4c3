"""The tables and keys of a *plan* file and of a *sources* file."""

# No `from __future__ import annotations` here: pydantic reads the annotations of models when they are defined.

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from sim.scenario.mission_file import Source
from sim.scenario.quantities import (
    RULES,
    Identifier,
    Moment,
    Number,
    Quantity,
    ShortText,
    SourceId,
    Statement,
    Text,
    Utc,
    check_utc_text,
)

InstantText = Annotated[str, AfterValidator(check_utc_text)]


class PlanTable(BaseModel):
    """What the plan is."""

    model_config = RULES

    id: Identifier = Field(description="Identifier: lower case, digits and _")
    name: ShortText = Field(description="Name in reports")
    description: Text = Field(description="One paragraph for reports")


class SpanTable(BaseModel):
    """Span that the plan looks at; a choice, so it needs no source."""

    model_config = RULES

    start_utc: InstantText = Field(description="UTC, YYYY-MM-DDTHH:MM:SS; every launch period lies inside")
    stop_utc: InstantText = Field(description="UTC, YYYY-MM-DDTHH:MM:SS")


class PlanMissionTable(BaseModel):
    """A mission of the plan, and what became of it."""

    model_config = RULES

    file: str = Field(min_length=1, max_length=400, description="Mission file, relative to the plan file")
    turned_out: Statement | None = Field(default=None, description="What became of it, in one or two sentences")
    turned_out_launch_utc: Annotated[Moment, Utc(partial=True)] | None = Field(
        default=None, description="Launch flown or re-planned, as exactly as published"
    )


class EventTable(BaseModel):
    """An entry of the timeline that is not computed."""

    model_config = RULES

    id: Identifier = Field(description="Identifier, unique within the plan")
    name: ShortText = Field(description="Name in reports")
    announced_utc: Annotated[Moment, Utc(partial=True)] | None = Field(
        default=None, description="Date announced, as exactly as published"
    )
    turned_out: Statement | None = Field(default=None, description="What became of it, in one or two sentences")
    turned_out_utc: Annotated[Moment, Utc(partial=True)] | None = Field(
        default=None, description="Date flown or re-planned, as exactly as published"
    )


class CouplingTable(BaseModel):
    """How one mission depends on or helps another."""

    model_config = RULES

    kind: Literal["survey_before_landing", "relay", "overlapping_lifetimes", "joint_window"] = Field(
        description="What couples the two"
    )
    first: Identifier = Field(description="Id of the mission that serves (surveys, relays)")
    second: Identifier = Field(description="Id of the mission that is served")
    basis: Literal["agreement", "announced", "discussed", "derived", "assumed"] = Field(
        description="On what the coupling rests"
    )
    basis_text: Text = Field(description="What the source says, in one sentence")
    source: Annotated[tuple[SourceId, ...], Field(strict=False)] = Field(default=(), description="Sources of the basis")
    lead_day: Annotated[Number, Quantity("day", 0.0, 3_700.0)] | None = Field(
        default=None, description="survey_before_landing: wanted days of survey before the landing"
    )
    cross_track_km: Annotated[Number, Quantity("km", 0.1, 500.0)] | None = Field(
        default=None, description="survey_before_landing: a pass counts when the ground track comes this near"
    )
    elevation_mask_deg: Annotated[Number, Quantity("deg", 0.0, 60.0)] | None = Field(
        default=None, description="relay: lowest elevation over the lander's horizon"
    )
    overlap_day: Annotated[Number, Quantity("day", 0.0, 11_000.0)] | None = Field(
        default=None, description="overlapping_lifetimes: wanted days with both alive"
    )
    within_day: Annotated[Number, Quantity("day", 0.0, 3_700.0)] | None = Field(
        default=None, description="joint_window: both must be able to launch within this many days"
    )


class PlanFile(BaseModel):
    """A plan: several missions over a span, and how they are coupled."""

    model_config = RULES

    plan: PlanTable
    span: SpanTable
    missions: Annotated[tuple[PlanMissionTable, ...], Field(strict=False, min_length=1, max_length=40)]
    events: Annotated[tuple[EventTable, ...], Field(strict=False, max_length=100)] = ()
    couplings: Annotated[tuple[CouplingTable, ...], Field(strict=False, max_length=100)] = ()
    sources: dict[SourceId, Source] = Field(default_factory=dict, description="Sources that only this file uses")


class SourcesFile(BaseModel):
    """Sources shared by all scenario files of a folder."""

    model_config = RULES

    sources: dict[SourceId, Source] = Field(description="Source id to source")
