"""What a backtest writes of many editions: its table, its summary, and the page that shows both with the contact sheets."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

from bot.compose.documents import image_paths, unit_of
from bot.compose.page import environment, file
from bot.compose.page import policy as page_policy
from bot.compose.wording import sentence
from bot.domain.backtest import Outcome, Row, Tried
from bot.domain.claim import Claim
from bot.domain.edition import Edition
from bot.domain.gate import Judgement
from bot.domain.measure import Absent
from bot.domain.report import Report

COLUMNS: Final = ("period", "as_of", *(field.name for field in fields(Row)))


@dataclass(frozen=True)
class Backtest:
    """
    A report, told for every period of a range: what is written of it, and printed at the end.

    `asked` is the range as it was asked for, `seconds` the time of the run.
    """

    report: str
    title: str
    asked: str
    granularity: str
    post_length: int
    periods: tuple[Tried, ...]
    seconds: float
    jobs: int

    @property
    def fresh(self) -> int:
        """How many editions were composed in this run."""
        return sum(one.fresh and one.outcome is not Outcome.FAILED for one in self.periods)

    @property
    def kept(self) -> int:
        """How many were composed before, of the same."""
        return sum(not one.fresh and one.outcome in (Outcome.TOLD, Outcome.HELD) for one in self.periods)

    @property
    def failed(self) -> int:
        return self.count(Outcome.FAILED)

    @property
    def per_second(self) -> float:
        """Editions composed a second."""
        return self.fresh / self.seconds if self.seconds else 0.0

    def count(self, outcome: str) -> int:
        """How many periods came to an outcome."""
        return sum(one.outcome == outcome for one in self.periods)

    def rows(self, kind: str) -> Counter[str]:
        """How many rows of a kind there are, by outcome."""
        return Counter(row.outcome for one in self.periods for row in one.rows if row.kind == kind)

    @property
    def widest(self) -> tuple[Tried, Row] | None:
        """The post that came nearest to the limit, and its period."""
        found = [(one, row) for one in self.periods if (row := one.widest) is not None]
        return max(found, key=lambda pair: pair[1].width or 0, default=None)


def told_rows(edition: Edition, claims: Mapping[str, Claim | Absent]) -> tuple[Row, ...]:
    """The lines of one edition: its claims, what gates say of its figures, its posts, and what was left out."""
    thread = edition.thread
    posts = [
        Row("post", post.name, "printed", _line(post.text.text), width=post.weighted_length, evidence=len(post.facts))
        for post in thread.posts
    ]
    skipped = [Row("post", one.post, "left out", _line(one.reason)) for one in thread.skipped]
    return (*silent_rows(claims, thread.judgements, edition.report), *posts, *skipped)


def silent_rows(claims: Mapping[str, Claim | Absent], judgements: Sequence[Judgement], report: Report) -> tuple[Row, ...]:
    """The lines of a period whether or not there is a thread."""
    return (*(_claim(key, one, report) for key, one in claims.items()), *_gates(judgements, report))


def _gates(judgements: Sequence[Judgement], report: Report) -> Iterator[Row]:
    for one in judgements:
        names = ", ".join(report.name_of(subject) for subject in one.subjects)
        yield Row("gate", one.gate, str(one.outcome), _line(one.why), one.metric, names, evidence=len(one.evidence))


def pictures(edition: Edition) -> tuple[tuple[str, str], ...]:
    """Every chart of an edition, by its post and where it lies in the edition's folder."""
    return tuple((post.name, path) for post in edition.thread.posts for path in image_paths(post))


def table(backtest: Backtest) -> str:
    """`table.csv`: a row for each claim, judgement and post of each period, and one for a period that has no thread."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in backtest.periods:
        for row in _with_period(one):
            values = {"period": one.period, "as_of": one.as_of} | asdict(row)
            writer.writerow({name: "" if value is None else _plain(value) for name, value in values.items()})
    return out.getvalue()


def summary(backtest: Backtest, sheets: Sequence[str]) -> dict[str, object]:
    """`summary.json`."""
    widest = backtest.widest
    return {
        "report": backtest.report,
        "asked": backtest.asked,
        "periods": {str(outcome): backtest.count(outcome) for outcome in Outcome},
        "posts": dict(backtest.rows("post")),
        "claims": dict(backtest.rows("claim")),
        "gates": dict(backtest.rows("gate")),
        "widest": widest and {"period": widest[0].period, "post": widest[1].name, "width": widest[1].width},
        "post_length": backtest.post_length,
        "contact_sheets": list(sheets),
        "composed": backtest.fresh,
        "kept": backtest.kept,
        "jobs": backtest.jobs,
        "seconds": round(backtest.seconds, 2),
        "editions_per_second": round(backtest.per_second, 2),
        "editions": [
            {"period": one.period, "as_of": one.as_of, "outcome": str(one.outcome), "reason": one.reason}
            for one in backtest.periods
        ],
    }


def index(backtest: Backtest, sheets: Sequence[str]) -> str:
    """`index.html`: a row for each period, then the contact sheets, which lie beside it."""
    style = file("page.css") + file("backtest.css")
    verdicts = [verdict for verdict in ("hold", "skip", "caveat", "publish") if backtest.rows("gate")[verdict]]
    return (
        environment()
        .get_template("backtest.html")
        .render(
            backtest=backtest,
            verdicts=verdicts,
            sheets=sheets,
            style=style,
            policy=page_policy(style).replace("img-src data:", "img-src 'self' file:"),
        )
    )


def _claim(key: str, stated: Claim | Absent, report: Report) -> Row:
    if isinstance(stated, Absent):
        return Row("claim", key, "absent", _line(stated.reason))
    main = next(iter(stated.quantities.values()))
    names = ", ".join(report.name_of(subject) for subject in stated.subjects)
    return Row(
        "claim",
        key,
        str(stated.finding),
        _line(sentence(stated, report).text),
        stated.metric,
        names,
        value=main.value,
        unit=unit_of(main.unit, main.noun),
        evidence=len(stated.evidence),
    )


def _with_period(one: Tried) -> Iterator[Row]:
    if one.outcome is not Outcome.TOLD:
        yield Row(str(one.outcome), "", str(one.outcome), one.reason.partition("\n")[0])
    yield from one.rows


def _line(text: str) -> str:
    """On one line, as most programs that sort a table want it."""
    return " ".join(text.split())


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value == int(value) else value
