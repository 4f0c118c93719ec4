"""`index.html` and `held.json` of an edition that gates hold: what is wrong, the figures around it, and what a person may do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.compose.documents import judgement_row
from bot.compose.page import environment, file, policy
from bot.domain.edition import HeldEdition
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import WHOLE, Metric, Observation, Unit
from bot.domain.numerals import grouped

_AROUND: Final = 4
"""So many figures of a series are shown before and behind those that were judged."""
_MOST_ROWS: Final = 120

VERDICTS: Final[Mapping[str, str]] = {
    Verdict.HOLD.value: "The whole metric leaves the thread. Where the recipe requires it, there is no thread.",
    Verdict.SKIP.value: "These figures are set aside: a gap in a line, and no claim rests on them. Where the recipe requires "
    "and compares one of them for the very period, there is no thread either.",
    Verdict.CAVEAT.value: "The figures are told, and whoever reads them reads the sentence too.",
    Verdict.PUBLISH.value: "The figures stand. What was noticed is written down here only.",
}


def page(held: HeldEdition) -> str:
    """The whole page, offline and without a script. Whatever came from data, recipe or a person is escaped."""
    style = file("page.css")
    return (
        environment()
        .get_template("held.html")
        .render(
            held=held,
            items=[_item(one, held) for one in held.blocking],
            gates=[judgement_row(one) for one in held.judgements if one not in held.blocking],
            commands=list(dict.fromkeys(_command(one, held) for one in held.blocking)),
            preview=f"threadmill preview {_which(held)}",
            verdicts=VERDICTS,
            style=style,
            policy=policy(style),
        )
    )


def document(held: HeldEdition) -> dict[str, object]:
    """`held.json`: the same for programs; `held` and `gates` are as in `thread.json`."""
    first = {one.metric: one for one in reversed(held.blocking)}
    return {
        "report": held.report.key,
        "period": held.period.key,
        "network": held.report.network,
        "composed_at": held.composed_at.isoformat(),
        "required": list(held.report.required),
        "held": [{"metric": metric, "reason": one.why} for metric, one in reversed(first.items())],
        "blocking": [one.id for one in held.blocking],
        "gates": [judgement_row(one) for one in held.judgements],
    }


def _item(one: Judgement, held: HeldEdition) -> Mapping[str, object]:
    around = _around(one, held)
    return {
        "judgement": one,
        "metric": held.report.metrics[one.metric],
        "subjects": ", ".join(held.report.name_of(subject) for subject in one.subjects),
        "rows": [_row(seen, one, held) for seen in around],
        "named": not one.subjects or len({(seen.metric, seen.subject) for seen in around}) > 1,
    }


def _row(seen: Observation, one: Judgement, held: HeldEdition) -> Mapping[str, object]:
    metric = held.report.metrics[seen.metric]
    return {
        "what": "all" if seen.subject == WHOLE else held.report.name_of(seen.subject),
        "metric": "" if seen.metric == one.metric else metric.title,
        "first": seen.period.start.date(),
        "last": seen.period.last_day,
        "value": _value(seen, metric),
        "origin": seen.origin,
        "url": seen.url,
        "status": str(seen.status),
        "judged": seen in one.evidence,
    }


def _around(one: Judgement, held: HeldEdition) -> Sequence[Observation]:
    """What the gate looked at, between the figures of the same series before and behind it; by series, in order of time."""
    series: dict[tuple[str, str], list[Observation]] = {}
    for seen in dict.fromkeys((*held.figures, *one.evidence)):
        series.setdefault((seen.metric, seen.subject), []).append(seen)
    own = [key for key in series if key[0] == one.metric and (not one.subjects or key[1] in one.subjects)]
    keys = dict.fromkeys([*own, *((seen.metric, seen.subject) for seen in one.evidence)])
    shown = [seen for key in keys for seen in _near(sorted(series[key], key=lambda seen: seen.period), one)]
    return shown[:_MOST_ROWS]


def _near(series: Sequence[Observation], one: Judgement) -> Iterator[Observation]:
    judged = [place for place, seen in enumerate(series) if seen in one.evidence or (one.windows and one.about(seen))]
    judged = judged or [len(series) - 1]
    for place, seen in enumerate(series):
        if any(abs(place - there) <= _AROUND for there in judged):
            yield seen


def _value(seen: Observation, metric: Metric) -> str:
    return f"{seen.value:g}%" if metric.unit is Unit.PERCENT else grouped(seen.value)


def _which(held: HeldEdition) -> str:
    return f"{shlex.quote(held.report.key)} --period {shlex.quote(held.period.key)}"


def _command(one: Judgement, held: HeldEdition) -> tuple[str, ...]:
    """What is typed to accept it, in parts that a narrow page does not break."""
    which = f"{shlex.quote(held.report.key)} {shlex.quote(held.period.key)}"
    return f"threadmill approve {which}", f"--accept {one.gate}:{one.metric}", '--because "..."'
