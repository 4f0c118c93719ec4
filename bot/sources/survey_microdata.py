"""
Shares of a survey's respondents, counted from the responses themselves, whatever their number, with their 95 % intervals.

Measures who named an option when asked to name all that apply, of those who named at least one: for single options and for groups
of them, every respondent once. Whole surveys; the period of a figure is the calendar year of its survey. The metrics are those
that `kaggle_survey` and `so_survey` define, or a recipe's own. Needs the responses as csv, unpacked, of surveys that the recipe
describes; what they are, how far back they go and on what terms they may be used is their publishers' business. Nothing settles
late. No quota.

Traps: a question is one column for each option, whose cell repeats it, or one cell that holds all that were named. Where a second
header line has the questions, it says which options there were, and it is nobody's answer. Labels carry blanks, and are respelt
from year to year; case and blanks do not matter, but letters beyond ASCII are taken as they are. An option that was not offered
is absent, not zero: without a second header line, one that nobody named.

`Subject.ids["survey_microdata"]` holds a subject's option labels, spellings parted by "|". A group is the union of those of its
members that the year offered; where only the answers tell which these were, of all of them or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NoReturn

from bot.domain.measure import WHOLE, Coverage, Metric, Missing, Observation, Origin, Status, Subject
from bot.domain.period import Period
from bot.errors import BadFigures, BadRecipe, SourceUnavailable
from bot.ports import Computation, Computer, Format, Input, Layout, Reply
from bot.sources import _computed, _options, _replies
from bot.sources._responses import Survey, columns_of, counts, folded, shares

if TYPE_CHECKING:
    from ibis.expr.types import Table

_NAME: Final = "survey_microdata"
METRICS: Final[tuple[Metric, ...]] = ()
ORIGINS: Final[tuple[Origin, ...]] = ()
COVERAGE: Final = Coverage(
    day_boundary="the calendar year of each survey",
    depth="the surveys that the recipe describes",
    lag="none: published answers do not change",
    quota="none: files on disk",
)
COMPUTED: Final = True


@dataclass(frozen=True)
class _Row:
    survey: str
    options: str
    offered: _replies.Count
    count: _replies.Count
    low: float | None
    high: float | None
    named: _replies.Count
    answered: _replies.Count
    respondents: _replies.Count
    headers: _replies.Count
    odd: _replies.Count


@dataclass(frozen=True)
class Source:
    """Counts the responses of `surveys`."""

    surveys: tuple[Survey, ...] = ()
    engine: str = "duckdb"

    @property
    def delivers(self) -> tuple[str, ...]:
        """The metrics it has figures of."""
        return tuple(dict.fromkeys(key for survey in self.surveys for key in (survey.share, survey.users)))

    def fetch(self, client: Computer, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """
        One result for each survey, oldest first.

        Raises:
            SourceUnavailable: the file of one is not there; those of the others are told before.
        """
        self._refuse_twice()
        wanted = sorted({_labels(one, subjects) for one in subjects} - {()})
        absent = [survey for survey in self.surveys if not survey.file.exists()]
        for survey in sorted(self.surveys, key=lambda one: (one.year, one.share)):
            if wanted and survey not in absent:
                yield client.compute(computation(survey, columns_of(survey), wanted))
        if wanted and absent:
            raise SourceUnavailable(
                f"the responses of {', '.join(str(survey.year) for survey in absent)} are not there: {absent[0].file}. They do "
                "not come along. Download them from their publisher, unpack them, and name the csv in the recipe"
            )

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """First everybody, then for each subject its count and its share, or why there is none."""
        computed, rows = _computed.read(reply, _Row)
        survey = next((one for one in self.surveys if rows and all(row.survey == one.id for row in rows)), None)
        if survey is None:
            _replies.changed(reply, "it is of no survey that the recipe describes")
        return list(_Sheet(survey, reply, rows, computed.note).told(subjects))

    def _refuse_twice(self) -> None:
        keys = [(survey.year, survey.share) for survey in self.surveys]
        if double := next((key for key in keys if keys.count(key) > 1), None):
            raise BadRecipe(
                f"sources.{_NAME} describes two surveys of {double[0]} for {double[1]}, and nobody can tell whose figure stands. "
                "Take one out, or let it deliver another metric"
            )


def computation(survey: Survey, columns: Mapping[str, str], wanted: Sequence[tuple[str, ...]]) -> Computation:
    """
    Who named any of each of the `wanted` sets of options (as `folded` writes them), of one survey.

    `columns` are those of the question, with what the second header line says of each.
    """
    layout = Layout(dict.fromkeys(columns, "string"))
    data = Input("responses", survey.file, Format.CSV, (layout,), encoding=survey.encoding)

    def partial(responses: Table) -> Table:
        return counts(responses, survey, columns, wanted)

    def total(parts: Table, _: Mapping[str, Table]) -> Table:
        return shares(parts, survey, columns, wanted)

    named = ", ".join(" or ".join(options) for options in wanted)
    return Computation(f"{survey.question} of {survey.file.name}: {named}", survey.page, data, partial, total)


def _labels(subject: Subject, subjects: Sequence[Subject]) -> tuple[str, ...]:
    """The options that stand for a subject or for any of its members."""
    return tuple(sorted({label for member in _options.parts(subject, subjects) for label in _own(member)}))


def _own(subject: Subject) -> tuple[str, ...]:
    labels = {folded(label) for label in subject.ids.get(_NAME, "").split("|")}
    return tuple(sorted(labels - {""}))


# ---- what is told of a result -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """The rows of one survey, checked."""

    survey: Survey
    reply: Reply
    rows: Sequence[_Row]
    by: str

    def __post_init__(self) -> None:
        whole = self.rows[0]
        common = {(row.named, row.answered, row.respondents, row.headers, row.odd) for row in self.rows}
        possible = all(row.count <= row.named <= row.answered <= row.respondents for row in self.rows)
        if len(common) > 1 or len(self._by_options) != len(self.rows) or "" not in self._by_options or not possible:
            _replies.changed(self.reply, "its counts contradict each other")
        if whole.odd:
            self._refuse(f"{whole.odd:,} respondents answered what was none of the options", "edited or cut short")
        if whole.headers != self.survey.header_lines - 1:
            self._refuse(f"{whole.headers} lines repeat the questions of line 2 and not one", "joined from several")
        if not whole.named:
            self._refuse("nobody named anything", "cut short, or of another year")

    def told(self, subjects: Sequence[Subject]) -> Iterator[Observation | Missing]:
        """The base, and every subject's figures."""
        whole = self._by_options[""]
        yield self._observation(self.survey.users, WHOLE, whole.named, f"{whole.named:,}")
        for subject in subjects:
            if labels := _labels(subject, subjects):
                yield from self._of_subject(subject, labels, _options.parts(subject, subjects))

    def _of_subject(
        self, subject: Subject, labels: tuple[str, ...], members: Sequence[Subject]
    ) -> Iterator[Observation | Missing]:
        row = self._row(labels)
        missing = [member.name for member in members if not (_own(member) and self._row(_own(member)).offered)]
        if len(missing) == len(members) or (missing and not self.survey.options_are_known):
            reason = f"no option of {self.survey.question} in {self.survey.year}: {', '.join(missing)}"
            for metric in (self.survey.users, self.survey.share):
                yield Missing(metric, subject.key, Period.year(self.survey.year), reason)
            return
        if row.low is None or row.high is None or not row.low <= 100 * row.count / row.named <= row.high:
            _replies.changed(self.reply, f"the share of {row.options} is not within its own interval")
        figure = f"{row.count:,} of {row.named:,}"
        absent = f"not an option that year: {', '.join(missing)}" if missing else ""
        spread = f"95 % interval {row.low:.2f} to {row.high:.2f}"
        yield self._observation(self.survey.users, subject.key, row.count, figure, absent)
        yield self._observation(self.survey.share, subject.key, 100 * row.count / row.named, figure, spread, absent)

    def _observation(self, metric: str, subject: str, value: float, figure: str, *more: str) -> Observation:
        who = "respondents who named at least one" if self.survey.none else "respondents who answered"
        period = Period.year(self.survey.year)
        return Observation(
            metric=metric,
            subject=subject,
            period=period,
            value=float(value),
            status=Status.MEASURED,
            origin=self.survey.origin,
            url=self.survey.page,
            retrieved_at=self.reply.retrieved_at,
            note="; ".join(part for part in (f"{figure} {who}", self.survey.question, *more, self.by) if part),
            query=self.reply.query,
            payload_sha256=self._sha256,
            published_at=period.end,  # answers are out in the year of their survey, at the latest by its end
        )

    def _row(self, labels: tuple[str, ...]) -> _Row:
        row = self._by_options.get("|".join(labels))
        if row is None:
            _replies.changed(self.reply, f"it has no count of {' or '.join(labels)}")
        return row

    def _refuse(self, what: str, why: str) -> NoReturn:
        raise BadFigures(
            f"{self.survey.file.name}: {what} ({self.survey.question}). The file was probably {why}. Fetch it again, or compare "
            "the recipe with it"
        )

    @cached_property
    def _by_options(self) -> dict[str, _Row]:
        return {row.options: row for row in self.rows}

    @cached_property
    def _sha256(self) -> str:
        return self.reply.sha256
