"""Drafts become a thread: checked against the network's limits, numbered after some were left out, every fact in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.compose.length import lookalikes, measure
from bot.domain.claim import Basis, Quantity
from bot.domain.gate import Judgement
from bot.domain.honesty import uncited
from bot.domain.measure import Observation
from bot.domain.report import Report
from bot.domain.text import Cited
from bot.domain.thread import Chart, Fact, Limits, Post, Skipped, Thread
from bot.errors import BadThread

_MENTION: Final = re.compile(r"(?:(?<![\w!#$%&*@＠])|(?<=\b[Rr][Tt]))[@＠]\w{1,20}", re.ASCII)
_INVALID: Final = re.compile("[\ufffe\ufeff\uffff]")
"""A post that holds one of these is refused (twitter-text, invalid characters)."""
_CASHTAG: Final = re.compile(r"(?<![\w$])\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?![\w$])", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Draft:
    """A post before numbering. `place` is where its text is written."""

    name: str
    place: str
    text: Cited


def check_drafts(drafts: Sequence[Draft], report: Report, period_names: Sequence[str], limits: Limits) -> None:
    """
    Refuse texts that cannot be posted as they stand, before anything is drawn.

    Raises:
        BadThread: names the post: uncited figure or word, over length, a mention, too many cashtags, or a text twice.
    """
    seen: dict[str, str] = {}
    for position, draft in enumerate(drafts, 1):
        _check_words(draft, limits)
        check_cited(draft.text, f"post {draft.name} ({draft.place})", report, period_names)
        _check_tags(draft, limits)
        _check_length(draft, position, len(drafts), limits)
        if draft.text.text in seen:
            raise BadThread(
                f"post {draft.name} says word for word what post {seen[draft.text.text]} says; X refuses the second one"
            )
        seen[draft.text.text] = draft.name


def _check_words(draft: Draft, limits: Limits) -> None:
    if not draft.text.text.strip():
        raise BadThread(f"post {draft.name} ({draft.place}) has no words; write some, or take the post out of report.toml")
    if invalid := _INVALID.search(draft.text.text):
        raise BadThread(
            f"post {draft.name} ({draft.place}) holds U+{ord(invalid[0]):04X}, which {limits.network} refuses; remove it"
        )


def check_cited(text: Cited, where: str, report: Report, period_names: Sequence[str]) -> None:
    """
    Every figure and claim word of a text rests on an observation or a claim.

    Raises:
        BadThread: names the words and where they stand.
    """
    names = [*report.names, *period_names, *(subject.name for subject in report.subjects.values())]
    if found := uncited(text, names, report.allow):
        words = ", ".join(f'"{one.text}" ({one.kind})' for one in found)
        raise BadThread(
            f"{where} prints {words} with no observation or claim behind it: {text.text!r}. "
            f"Print it from a figure or a claim, or declare the name it belongs to under names in report.toml"
        )


def fits(draft: Draft, total: int, limits: Limits) -> bool:
    """Whether a post is within the limits wherever it stands among so many."""
    return measure(_numbered(draft.text, total, total).text).weighted <= limits.post_length


def assemble(
    drafts: Sequence[Draft],
    charts: Mapping[str, Chart],
    skipped: Sequence[Skipped],
    judgements: Sequence[Judgement],
    limits: Limits,
) -> Thread:
    """Number the posts that are left, 1 to N, and list each one's facts."""
    total = len(drafts)
    posts = []
    for position, draft in enumerate(drafts, 1):
        shown = (charts[draft.name],) if draft.name in charts else ()
        text = _numbered(draft.text, position, total)
        length = measure(text.text)
        facts = tuple(_facts(position, draft.text, shown))
        remarks = tuple(dict.fromkeys(_remarks(text.text, length.links, limits)))
        posts.append(Post(draft.name, position, total, text, length.weighted, length.links, shown, facts, remarks))
    return Thread(tuple(posts), tuple(skipped), tuple(judgements), limits)


def _numbered(text: Cited, position: int, total: int) -> Cited:
    return text + f"\n\n{position}/{total}"


def _check_length(draft: Draft, position: int, total: int, limits: Limits) -> None:
    length = measure(_numbered(draft.text, position, total).text).weighted
    if length > limits.post_length:
        raise BadThread(
            f"post {draft.name} ({position}/{total}) is {length} long, {length - limits.post_length} over the "
            f"{limits.post_length} of {limits.network}, its number{_mark(draft)} included; shorten {draft.place}. "
            f"Nothing is cut here"
        )


def _mark(draft: Draft) -> str:
    """A person who looks into the template does not see the mark that figures entered by hand bring along."""
    at = draft.text.text.rfind("\n\nEntered by hand: ")
    return "" if at < 0 else f" and the mark {draft.text.text[at:].strip()!r}"


def _check_tags(draft: Draft, limits: Limits) -> None:
    text = draft.text.text
    if not limits.mentions_allowed and (mention := _MENTION.search(text)):
        raise BadThread(
            f'post {draft.name} ({draft.place}) mentions "{mention[0]}"; {limits.network} refuses automated mentions of people '
            f"who have not joined the conversation. Write the name without @"
        )
    tags = _CASHTAG.findall(text)
    if len(tags) > limits.cashtags_per_post:
        raise BadThread(
            f"post {draft.name} ({draft.place}) has {len(tags)} cashtags ({', '.join(tags)}); {limits.network} takes "
            f"{limits.cashtags_per_post} at the most. Write the others without $"
        )


def _remarks(text: str, links: Sequence[str], limits: Limits) -> Iterator[str]:
    for link in links:
        yield (
            f'"{link}" becomes a link: it counts {limits.link_length}, and {limits.network} bills a post with one '
            f"${limits.post_with_link_usd:.2f} instead of ${limits.post_usd:.3f}"
        )
    for word in lookalikes(text):
        if not any(word in link or link in word for link in links):
            yield f'"{word}" looks like a domain; if {limits.network} links it, the post costs ${limits.post_with_link_usd:.2f}'


def _facts(position: int, text: Cited, charts: Sequence[Chart]) -> Iterator[Fact]:
    """Printed substrings in reading order, then the observations behind claims that no substring shows by itself."""
    printed: dict[tuple[str, str, Basis], None] = {}
    for where, cited in _places(text, charts):
        for piece, basis in cited.pieces():
            if basis is not None:
                printed[where, piece, basis] = None
    hidden = _hidden([(where, piece, basis) for where, piece, basis in printed])
    rows = [*printed, *hidden]
    ids = {row: f"{position}.{number}" for number, row in enumerate(rows, 1)}
    of_observation = {row[2]: ids[row] for row in reversed(rows) if isinstance(row[2], Observation)}
    for row in rows:
        where, piece, basis = row
        evidence = tuple(of_observation[seen] for seen in basis.evidence) if isinstance(basis, Quantity) else ()
        yield Fact(ids[row], position, where, piece, basis, evidence, shown=row in printed)


def _hidden(printed: Sequence[tuple[str, str, Basis]]) -> list[tuple[str, str, Basis]]:
    """Evidence of claims that is not printed itself: it stands with the words of the claim that cites it."""
    shown = {basis for _, _, basis in printed if isinstance(basis, Observation)}
    hidden: dict[Observation, tuple[str, str, Basis]] = {}
    for where, piece, basis in printed:
        for seen in basis.evidence if isinstance(basis, Quantity) else ():
            if seen not in shown:
                hidden.setdefault(seen, (where, piece, seen))
    return list(hidden.values())


def _places(text: Cited, charts: Sequence[Chart]) -> Iterator[tuple[str, Cited]]:
    yield "text", text
    for chart in charts:
        yield "title", chart.title
        yield "alt_text", chart.alt_text
