"""The shape of `report.toml`: tables with typed keys and no others, and complaints that name the key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.domain.measure import BEYOND, LARGEST
from bot.domain.words import nearest

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SubjectTable(_Table):
    name: _Name
    fill: _Colour
    ink: _Colour
    ids: dict[str, str] = Field(default_factory=dict)


class GroupTable(SubjectTable):
    members: list[_Key] = Field(min_length=1)


class BreakTable(_Table):
    at: str
    reason: _Line


class ChangeTable(BreakTable):
    """A change of counting that the sources' own definitions do not know."""

    metrics: list[_Key] = Field(min_length=1)
    subjects: list[_Key] = Field(default_factory=list)


class MetricTable(_Table):
    title: _Line
    noun: _Name
    unit: Literal["count", "percent", "rate"]
    aggregation: Literal["total", "level", "event"]
    measures: _Line
    does_not_measure: _Line
    known_biases: _Line
    short: str = ""
    base: _Key | None = None
    sample: bool = True
    tolerance_days: Annotated[int, Field(ge=0, le=180)] = 0
    breaks: list[BreakTable] = Field(default_factory=list)
    same_counter: list[_Name] = Field(default_factory=list)
    absent: str = ""
    beyond: Annotated[float, Field(ge=10, le=LARGEST)] = BEYOND


class ClaimTable(_Table):
    kind: str
    metric: str = ""
    subject: str = ""
    subjects: list[str] = Field(default_factory=list)
    claims: list[str] = Field(default_factory=list)
    noun: _Name = "measures"
    optional: list[str] = Field(default_factory=list)
    minimum: Annotated[int, Field(ge=2)] = 2
    against: Literal["previous", "year_before"] = "year_before"
    within: Annotated[int, Field(ge=3, le=400)] = 12

    @property
    def about(self) -> list[str]:
        """The subjects, however many are named and how."""
        return [self.subject, *self.subjects] if self.subject else self.subjects


class ChartTable(_Table):
    kind: str
    metric: str = ""
    metrics: list[str] = Field(default_factory=list)
    subjects: list[str] = Field(min_length=1)
    title: _Line
    subtitle: _Line
    caveat: _Line | None = None
    highlight: list[str] = Field(default_factory=list)
    compare: bool = False
    since: str | None = None
    last: Annotated[int, Field(ge=0, le=400)] = 0


class PostTable(_Table):
    name: _Key
    text: str = ""
    instead_of: str = ""
    chart: ChartTable | None = None


class ScheduleTable(_Table):
    """When the report goes out. Durations are texts such as "90m", "36h", "4d"; what is left out depends on the granularity."""

    cron: str
    zone: str
    delay: str = ""
    grace: str = ""
    latest: str = ""
    patience: str = ""
    retry: str = ""
    mode: Literal["auto", "approve", "dry"] = "approve"


class GatesTable(_Table):
    """What becomes of a thread whose figures a gate keeps back: without one of the `required` metrics it is held."""

    required: list[str] = Field(default_factory=list)


class ReportFile(_Table):
    """The shape of `report.toml`. `threadmill check --schema` prints it as JSON Schema for editors."""

    title: _Name
    network: str = "x"
    granularity: Literal["year", "month", "week", "day"]
    names: list[str] = Field(default_factory=list)
    allow: list[str] = Field(default_factory=list)
    evidence_url: str = ""
    schedule: ScheduleTable | None = None
    gates: GatesTable = GatesTable()
    sources: dict[str, dict[str, Any]] = Field(min_length=1)
    subjects: dict[_Key, SubjectTable] = Field(min_length=1)
    groups: dict[_Key, GroupTable] = Field(default_factory=dict)
    metrics: dict[_Key, MetricTable] = Field(default_factory=dict)
    breaks: list[ChangeTable] = Field(default_factory=list)
    claims: dict[_Key, ClaimTable] = Field(default_factory=dict)
    posts: list[PostTable] = Field(min_length=1)


def complaints(file: Path, error: ValidationError) -> str:
    """Pydantic's findings as lines that name the key, with the nearest known key for an unknown one."""
    lines = []
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"]) or "the file"
        match found["type"]:
            case "extra_forbidden":
                lines.append(f'{file}: unknown key "{place}"{nearest(str(found["loc"][-1]), _keys_at(found["loc"][:-1]))}')
            case "missing":
                lines.append(f'{file}: "{place}" is missing')
            case _:
                lines.append(f"{file}: {place} is {_short(found['input'])}: {found['msg'][0].lower()}{found['msg'][1:]}")
    return "\n".join(lines)


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys the model has at a place: walks the same tables the recipe does."""
    tables: Mapping[str, type[_Table]] = {
        "subjects": SubjectTable, "groups": GroupTable, "metrics": MetricTable, "claims": ClaimTable, "posts": PostTable,
        "schedule": ScheduleTable, "gates": GatesTable, "breaks": ChangeTable,
    }  # fmt: skip
    if not location or location[0] not in tables:
        return list(ReportFile.model_fields)
    if location[0] == "posts" and location[2:3] == ("chart",):
        return list(ChartTable.model_fields)
    return list(tables[str(location[0])].model_fields)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
