"""The standing recipe of a report, as the rest of the house sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.measure import Metric, Subject, name_of
from bot.domain.period import Granularity, Period
from bot.domain.schedule import Schedule


@dataclass(frozen=True)
class Template:
    """A text with expressions, and where a person finds it ("downloads.txt", "report.toml: posts.downloads.chart.title")."""

    source: str
    place: str


@dataclass(frozen=True)
class ClaimSpec:
    """
    A statement the recipe wants computed: its kind, the metric and subjects it is about, or the claims it counts.

    `noun` is what a tally counts ("conferences"), `minimum` how many it needs not to speak for what is missing. A lead's or
    fastest's `optional` subjects may lack a figure; any other that does unmakes the claim. `against` is what a change is measured
    from: the period before ("previous") or that of a year before ("year_before"). An overtaking more than `within` periods ago
    is no news.
    """

    key: str
    kind: str
    metric: str = ""
    subjects: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    noun: str = "measures"
    optional: tuple[str, ...] = ()
    minimum: int = 2
    against: str = "year_before"
    within: int = 12

    def before(self, period: Period) -> Period:
        """The period a change is measured from."""
        return period.previous() if self.against == "previous" else period.year_before()


@dataclass(frozen=True)
class ChartSpec:
    """
    A picture the recipe wants beside a post.

    `compare` adds the year before; a line starts at `since`, or shows the `last` so many periods; `highlight` are the subjects in
    colour (all, if empty).
    """

    kind: str
    metrics: tuple[str, ...]
    subjects: tuple[str, ...]
    title: Template
    subtitle: Template
    caveat: Template | None = None
    highlight: tuple[str, ...] = ()
    compare: bool = False
    since: Period | None = None
    last: int = 0

    def start(self, period: Period) -> Period | None:
        """The first period a line shows, or None for all there is."""
        first = period
        for _ in range(1, self.last):
            first = first.previous()
        return first if self.last else self.since


@dataclass(frozen=True)
class PostSpec:
    """One post in the recipe's order; `instead_of` names a post above it that it stands in for when that is left out."""

    name: str
    text: Template
    chart: ChartSpec | None = None
    instead_of: str = ""


@dataclass(frozen=True)
class SourceSpec:
    """A source by name with its settings, whether the report can do without it, and the first period it is asked for."""

    name: str
    settings: Mapping[str, object] = field(hash=False)
    required: bool = False
    since: Period | None = None


@dataclass(frozen=True)
class Report:
    """
    A folder under `templates/`, read and checked.

    `names` are words with digits or dots in them that are no figures and no links ("PyTorch 2"); `allow` are words the claim-word
    check lets pass in this report's own sentences. Without a `schedule` it goes out only when a person says so. Without the
    `required` metrics a thread would mislead: where a gate keeps one back, there is no edition. `evidence_url` is
    where its evidence pages are published, with {report} and {period} to be filled in; the last post links to it.
    """

    key: str
    title: str
    network: str
    granularity: Granularity
    subjects: Mapping[str, Subject] = field(hash=False)
    metrics: Mapping[str, Metric] = field(hash=False)
    sources: tuple[SourceSpec, ...]
    claims: tuple[ClaimSpec, ...]
    posts: tuple[PostSpec, ...]
    names: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    schedule: Schedule | None = None
    required: tuple[str, ...] = ()
    evidence_url: str = ""

    def name_of(self, subject: str) -> str:
        """What readers call a subject."""
        return name_of(subject, self.subjects)
