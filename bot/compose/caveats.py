"""How a gate's sentence reaches whoever reads the figures it is about: on the chart and in its alt text, or in the post."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.compose.assembly import Draft, fits
from bot.domain.gate import Judgement, Verdict
from bot.domain.measure import Observation
from bot.domain.text import Cited
from bot.domain.thread import Limits, Skipped


def caveats(judgements: Iterable[Judgement], told: Sequence[Observation]) -> tuple[str, ...]:
    """The sentences that have to be told with some figures, each once."""
    found = (one.sentence for one in judgements if one.outcome is Verdict.CAVEAT and one.concerns(told))
    return tuple(dict.fromkeys(found))


def joined(caveat: Cited, sentences: Sequence[str]) -> Cited:
    """A chart's own caveat and those of gates in one line."""
    parts = [caveat] if caveat.text and sentences else []
    own = Cited(caveat.text.rstrip("."), caveat.spans) if parts and caveat.text.endswith(".") else caveat
    return Cited.join(". ", [own, *sentences]) if parts else Cited.join(". ", sentences) if sentences else caveat


def noted(draft: Draft, sentences: Sequence[str], posts: int, link: str, limits: Limits, of: str = "Note") -> Draft | Skipped:
    """
    The post with what has to be told in a paragraph of its own, or why it is left out: among so many it would be too long. There
    has to be room for the thread's link, if it has one: whoever is left out makes another post the last. `of` says what is spoken
    of: what concerns the picture need not concern the words.
    """
    if not sentences:
        return draft
    note = ". ".join(sentences)
    longer = replace(draft, text=draft.text + f"\n\n{of}: {note}.")
    if fits(replace(longer, link=link), posts, limits):
        return longer
    return Skipped(draft.name, f"there is no room to say what its figures must not be told without: {note}")
