"""Drafts become a thread: checked against the network's limits, numbered after some were left out, every fact in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.compose.length import lookalikes, measure
from bot.domain.claim import Basis, Quantity
from bot.domain.gate import Judgement
from bot.domain.honesty import uncited
from bot.domain.measure import Observation
from bot.domain.period import Period
from bot.domain.report import Report
from bot.domain.text import Cited
from bot.domain.thread import Chart, Fact, Limits, Post, Skipped, Thread
from bot.errors import BadThread

_MENTION: Final = re.compile(r"(?:(?<![\w!#$%&*@＠])|(?<=\b[Rr][Tt]))[@＠]\w{1,20}", re.ASCII)
_INVALID: Final = re.compile("[\ufffe\ufeff\uffff]")
"""A post that holds one of these is refused (twitter-text, invalid characters)."""
_CASHTAG: Final = re.compile(r"(?<![\w$])\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?![\w$])", re.IGNORECASE | re.ASCII)

LONGEST_NAMES: Final = 40
"""So long may the names of several who published figures entered by hand be together: the facts of the post name each."""


@dataclass(frozen=True)
class Draft:
    """
    A post before numbering. `place` is where its text is written, `link` an address that stands below it as its own paragraph: it
    states nothing, so nothing has to vouch for the digits in it.
    """

    name: str
    place: str
    text: Cited
    link: str = ""


def evidence_link(report: Report, period: Period) -> str:
    """Where the evidence pages of an edition are, if the recipe says so; else nothing."""
    return report.evidence_url.replace("{report}", report.key).replace("{period}", period.key)


def linked(drafts: Sequence[Draft], link: str) -> list[Draft]:
    """The drafts with an address in the last of them, if there is one."""
    return [*drafts[:-1], replace(drafts[-1], link=link)] if link else list(drafts)


def as_sent(draft: Draft, position: int, total: int) -> Cited:
    """A post as it goes out: its text, its link and its number. What is measured here is what the network measures."""
    return draft.text + (f"\n\n{draft.link}" if draft.link else "") + f"\n\n{position}/{total}"


def check_link(link: str, limits: Limits) -> None:
    """
    Nothing, if the network makes one link of an address, or there is none.

    Raises:
        BadThread: it would be cut off somewhere, or stay plain text that counts letter by letter.
    """
    if link and measure(link).links != (link,):
        found = ", ".join(f'"{one}"' for one in measure(link).links) or "nothing"
        raise BadThread(
            f'{limits.network} would make a link of {found} in "{link}"; write an evidence_url in report.toml that is one link: '
            f"a host with a known ending, and no sign at the end but a letter, a digit or a slash"
        )


def check_drafts(drafts: Sequence[Draft], report: Report, period_names: Sequence[str], limits: Limits) -> None:
    """
    Refuse texts that cannot be posted as they stand, before anything is drawn.

    Raises:
        BadThread: names the post: uncited figure or word, over length, a mention, too many cashtags, a text or a link twice.
    """
    seen: dict[str, str] = {}
    for position, draft in enumerate(drafts, 1):
        _check_words(draft, limits)
        check_cited(draft.text, f"post {draft.name} ({draft.place})", report, period_names)
        _check_tags(draft, limits)
        _check_length(draft, position, len(drafts), limits)
        _check_once(draft, drafts[-1].link)
        if draft.text.text in seen:
            raise BadThread(
                f"post {draft.name} says word for word what post {seen[draft.text.text]} says; X refuses the second one"
            )
        seen[draft.text.text] = draft.name


def _check_once(draft: Draft, link: str) -> None:
    if link and link in draft.text.text:
        raise BadThread(
            f"post {draft.name} ({draft.place}) prints {link} itself; evidence_url in report.toml brings it into the last post, "
            f"once. Take it out of the text"
        )


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


def marked(text: Cited) -> Cited:
    """A post with a figure that a person wrote down says so, whatever its template does; and whose it is, if there is room."""
    origins = {one.origin: one for one in observed(span.basis for span in text.spans) if one.handwritten}
    if not origins:
        return text
    names = Cited.join("; ", [Cited.of(name, one) for name, one in origins.items()])
    if len(origins) > 1 and measure(names.text).weighted > LONGEST_NAMES:
        names = Cited.of("several publishers", next(iter(origins.values())))
    return text + "\n\nEntered by hand: " + names + "."


def observed(bases: Iterable[Basis]) -> Iterator[Observation]:
    """The observations that texts rest on, in order, as often as they are cited."""
    for basis in bases:
        yield from basis.evidence if isinstance(basis, Quantity) else (basis,)


def single(draft: Draft, report: Report, names: Sequence[str], limits: Limits) -> Post:
    """
    A post that is no part of a thread: without a number, and checked as every other one.

    Raises:
        BadThread: uncited figure or word, over length, a mention, or too many cashtags.
    """
    _check_words(draft, limits)
    check_cited(draft.text, f"the {draft.name} ({draft.place})", report, names)
    _check_tags(draft, limits)
    length = measure(draft.text.text)
    if length.weighted > limits.post_length:
        raise BadThread(
            f"the {draft.name} is {length.weighted} long, {length.weighted - limits.post_length} over the "
            f"{limits.post_length} of {limits.network}; shorten {draft.place}. Nothing is cut here"
        )
    remarks = tuple(dict.fromkeys(_remarks(draft.text.text, length.links, limits)))
    facts = tuple(_facts(1, draft.text, ()))
    return Post(draft.name, 1, 1, draft.text, length.weighted, length.links, (), facts, remarks)


def fits(draft: Draft, total: int, limits: Limits) -> bool:
    """Whether a post is within the limits wherever it stands among so many."""
    return measure(as_sent(draft, total, total).text).weighted <= limits.post_length


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
        text = as_sent(draft, position, total)
        length = measure(text.text)
        facts = tuple(_facts(position, draft.text, shown))
        remarks = tuple(dict.fromkeys(_remarks(text.text, length.links, limits)))
        posts.append(Post(draft.name, position, total, text, length.weighted, length.links, shown, facts, remarks))
    return Thread(tuple(posts), tuple(skipped), tuple(judgements), limits)


def _check_length(draft: Draft, position: int, total: int, limits: Limits) -> None:
    length = measure(as_sent(draft, position, total).text).weighted
    if length > limits.post_length:
        raise BadThread(
            f"post {draft.name} ({position}/{total}) is {length} long, {length - limits.post_length} over the "
            f"{limits.post_length} of {limits.network}, its number{_link(draft)}{_mark(draft)} included; shorten {draft.place}. "
            f"Nothing is cut here"
        )


def _link(draft: Draft) -> str:
    return f" and the link {draft.link}" if draft.link else ""


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
