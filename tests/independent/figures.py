"""Whether each number a text prints is the right one: of the right subject and window, there by then, and rounded rightly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.independent import breaks, printed
from tests.independent.bench import caveated
from tests.independent.edition import Edition, Fact, Surface
from tests.independent.grammar import DATE, NAMES, SUBJECT, WHEN, Statement, names
from tests.independent.truth import Truth
from tests.independent.values import Cell, Window, in_words

_TOKENS = re.compile(
    rf"(?P<date>{DATE})|(?P<days>\d+ days to {DATE})|(?P<when>{WHEN})|(?P<percent>{printed.PERCENT})"
    rf"|(?P<change>[+\N{{MINUS SIGN}}]?{printed.NUMBER} points)|(?P<count>{printed.COUNT})"
)
_COURSE = re.compile(
    rf"(?P<name>{SUBJECT}) from (?P<first>{printed.COUNT})(?: (?:on|by|in) (?:{DATE}|{WHEN}))? to (?P<last>{printed.COUNT})"
)
_STOPS = re.compile(r"(?<!& co)[.!] |\n")
_DAYS = re.compile(rf"(\d+) days to ({DATE})")


@dataclass(frozen=True)
class Number:
    """A number in a text with the subject named last before it; `window` is what stands right after it ("(2019)", "on 3 Jan 2019")."""

    text: str
    kind: str
    start: int
    end: int
    subject: str | None
    after: str


def numbers(text: str) -> Iterator[Number]:
    """Every digit of a text but the numbering at its end."""
    body = re.sub(r"\d+/\d+\s*$", "", text)
    for match in _TOKENS.finditer(body):
        kind = match.lastgroup or ""
        since = max((stop.end() for stop in _STOPS.finditer(body, 0, match.start())), default=0)
        named = [name for name, start, end in names(body) if start >= since and end <= match.start()]
        after = re.match(rf" (?:\(({WHEN})\)|(?:on|by|in) ({DATE}|{WHEN}))", body[match.end() :])
        yield Number(match[0], kind, *match.span(), named[-1] if named else None, (after[1] or after[2]) if after else "")


def check_number(number: Number, surface: Surface, edition: Edition, truth: Truth, stated: Sequence[Statement]) -> str | None:
    """What is wrong with a printed number, or None. Those inside statements are judged with them."""
    if any(one.start <= number.start and number.end <= one.end for one in stated):
        return None
    if number.kind == "when" and number.text in _period_names(edition.period):
        return None
    found = surface.at(number.start, number.end)
    if not found:
        return "cites nothing"
    reasons = [_wrong(number, fact, surface, edition, truth) for fact in found]
    return None if None in reasons else "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def check_courses(surface: Surface, edition: Edition, truth: Truth) -> Iterator[tuple[str, str]]:
    """What line charts tell as one course, "PyTorch from 23 thousand to 96 thousand", though the counting changed in between."""
    for match in _COURSE.finditer(surface.text) if surface.text.startswith("Line chart") else ():
        subject = NAMES[match["name"]]
        facts = [fact for part in ("first", "last") for fact in surface.at(*match.span(part)) if fact.subjects == (subject,)]
        cells = [truth.cell(fact.metric, subject, fact.window) for fact in facts if fact.window]
        met = breaks.crossed([cell for cell in cells if cell is not None])
        if met and "Gaps" not in surface.text and not caveated(edition, surface.post, facts[0].metric, subject):
            yield match[0], f"goes on across a known break, and the post does not say so: {', '.join(met)}"


def check_fact(fact: Fact, edition: Edition, truth: Truth) -> str | None:
    """What is wrong with an observation an edition cites, printed or not."""
    if fact.kind != "observation":
        return None
    if fact.window is None or len(fact.subjects) != 1:
        return "an observation without a window or a subject"
    cell = truth.cell(fact.metric, fact.subjects[0], fact.window)
    if cell is None:
        return f"nobody had published {fact.metric} of {fact.subjects[0]} for {fact.window.start}..{fact.window.end} by {edition.as_of}"
    if abs(cell.value - fact.value) > 1e-9 * max(1.0, cell.value):
        return f"{fact.metric} of {fact.subjects[0]} for {fact.window.start}..{fact.window.end} is {cell.value:.10g}, not {fact.value:.10g}"
    return None


def _wrong(number: Number, fact: Fact, surface: Surface, edition: Edition, truth: Truth) -> str | None:
    if fact.kind == "claim":
        return _wrong_share(number, fact, edition, truth)
    subject = fact.subjects[0]
    cell = truth.cell(fact.metric, subject, fact.window) if fact.window else None
    if cell is None:
        return f"no such figure: {fact.metric} of {subject}"
    if number.kind in ("date", "days", "when"):
        return _wrong_date(number, cell)
    if subject != "all" and number.subject != subject:
        return f"is the figure of {subject}, and stands with {number.subject}"
    if number.after and not _names_window(number.after, cell.window):
        return f"is of {cell.window.start}..{cell.window.end}, and stands with {number.after}"
    if not number.after and (strayed := _strayed(number, fact, surface, edition, truth)) is not None:
        return strayed
    if (met := breaks.spoilt([cell])) and not caveated(edition, surface.post, cell.metric, subject):
        return f"stands on a known break, and the post does not say so: {', '.join(met)}"
    value = cell.value / cell.window.days if _daily(surface) and cell.metric.startswith("pypi_") else cell.value
    read = printed.percent if number.kind == "percent" else printed.count
    if number.kind == "percent" and not cell.metric.endswith("_use"):
        return f"{cell.metric} is no percentage"
    said = read(number.text)
    return (
        None if said.holds(value) else f"says {said.low:.10g} to {said.high:.10g}, and {cell.metric} of {subject} is {value:.10g}"
    )


def _strayed(number: Number, fact: Fact, surface: Surface, edition: Edition, truth: Truth) -> str | None:
    """A figure without a date of its own is the period's, but in the range of a line chart, where the ends are told."""
    if surface.where == "alt_text" and surface.text.startswith("Line chart"):
        return None
    aside = edition.set_aside(fact.metric, fact.subjects[0])
    standing = truth.standing(fact.metric, fact.subjects[0], edition.period, aside)
    if fact.window not in [cell.window for cell in standing]:
        nearest = standing[0].window if standing else "nothing"
        return f"is of {fact.window}, and for {edition.period.name} stands {nearest}"
    return None


def _wrong_share(number: Number, fact: Fact, edition: Edition, truth: Truth) -> str | None:
    """Parts of a column: "PyTorch from 64.0% (ICLR) to 87.6% (EMNLP)"."""
    if number.kind != "percent" or number.subject not in fact.subjects:
        return f"is no share of {number.subject}"
    behind = [edition.facts[id_] for id_ in fact.evidence]
    cells = [truth.cell(one.metric, one.subjects[0], one.window) for one in behind if one.window]
    found = [cell for cell in cells if cell is not None and cell.subject != "all"]
    own = [cell for cell in found if cell.subject == number.subject]
    if len(found) < len(behind) or len(own) != 1 or len({(cell.metric, cell.window) for cell in found}) != 1:
        return "is a share of figures that do not belong together"
    if not (edition.period.start <= own[0].window.start and own[0].window.end <= edition.period.end):
        return f"is of {own[0].window.name}"
    share = 100 * own[0].value / sum(cell.value for cell in found)
    return None if printed.percent(number.text).holds(share) else f"the share is {share:.4g}"


def _wrong_date(number: Number, cell: Cell) -> str | None:
    if number.kind == "days":
        days, last = _DAYS.fullmatch(number.text).groups()  # type: ignore[union-attr]
        right = int(days) == cell.window.days and last == in_words(cell.window.last)
    elif number.kind == "date":
        right = number.text in (in_words(cell.window.start), in_words(cell.window.last))
    else:
        right = _names_window(number.text, cell.window)
    return None if right else f"is no date of {cell.window.start}..{cell.window.end}"


def _names_window(text: str, window: Window) -> bool:
    return text in (
        window.name if window.length != "span" else "",
        in_words(window.last),
        f"{window.last.year}" if window.length == "year" else "",
    )


def _period_names(period: Window) -> set[str]:
    return {period.name, f"{period.start.year}"} if period.length == "year" else {period.name}


def _daily(surface: Surface) -> bool:
    return "as a daily average" in surface.text
