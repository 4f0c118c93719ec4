"""A person's word on what gates keep back: the figures are right, and shall be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot import wiring
from bot.analysis.gates import GATES
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.words import nearest
from bot.errors import BadInput
from bot.pipeline import Story
from bot.ports import Progress
from bot.verbs.choosing import recipe_and_period
from bot.verbs.threads import collect
from bot.verbs.workers import person

_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Accepted:
    """What was accepted, each with the acceptance; what still keeps the edition back; whether a turn is tried again for it."""

    report: Report
    period: Period
    judgements: tuple[Judgement, ...]
    left: tuple[Judgement, ...]
    waited_for: bool


def accept(report: str, period: str, gate: str, because: str, data: Sequence[str], offline: bool, progress: Progress) -> Accepted:
    """
    Accept what a gate holds or sets aside as the figures stand now, and nudge the turn that is held for it.

    `gate` is a gate's name, "fall", or one and a metric, "fall:gh_forks". What was accepted before may be accepted again, for
    another reason; the last one stands.

    Raises:
        BadInput: there is nothing of that gate to accept; tells what there is.
        SourceUnavailable, BadStore: as for a preview.
    """
    if not 0 < len(because.strip()) <= _LONGEST_REASON:
        raise BadInput(f"--because takes a reason of at most {_LONGEST_REASON} characters; it is kept and shown with the figures")
    name, _, metric = gate.partition(":")
    if name not in GATES:
        raise BadInput(f'there is no gate "{name[:80]}"{nearest(name, GATES)}; there are {", ".join(GATES)}')
    house = wiring.house()
    recipe, when = recipe_and_period(house, report, period)
    with wiring.store(house) as store:
        story = collect(house, recipe, when, data, store, offline, progress)
        meant = _meant(story, name, metric)
        word, now = because.strip(), store.now()
        words = [Acceptance(recipe.key, when.key, one.id, one.gate, word, person(), now) for one in meant]
        waited_for = store.rota.accept(words)
    accepted = tuple(replace(one, accepted=word) for one, word in zip(meant, words, strict=True))
    blocking = () if story.held is None else story.held.blocking
    return Accepted(recipe, when, accepted, tuple(one for one in blocking if one not in meant), waited_for)


def _meant(story: Story, gate: str, metric: str) -> list[Judgement]:
    """What the gate keeps back, or would, were it not accepted."""
    there = [one for one in story.judgements if one.verdict in (Verdict.HOLD, Verdict.SKIP)]
    meant = [one for one in there if one.gate == gate and metric in ("", one.metric)]
    if meant:
        return meant
    what = f"{gate}:{metric}" if metric else gate
    raise BadInput(
        f"the gate {what} keeps nothing back of {story.report.key} for {story.period}; the figures may have changed since you "
        f"looked. {_listed(there)}"
    )


def _listed(there: Iterable[Judgement]) -> str:
    told = dict.fromkeys(f"  {one.gate}:{one.metric} ({one.outcome}): {one.why}" for one in there)
    return "What gates keep back:\n" + "\n".join(told) if told else "No gate keeps anything back"
