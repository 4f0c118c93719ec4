"""What the sources said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from bot.compose.documents import unit_of
from bot.domain.numerals import grouped
from bot.terminal.lines import say
from bot.verbs.collecting import About, Collected, Tried


def show_collected(collected: Collected) -> None:
    """What each source of each report gave."""
    for report, outcomes in collected.outcomes.items():
        for outcome in outcomes:
            why = outcome.problem or outcome.not_asked
            problem = f"; {why}" if why else ""
            say(f"{report} {collected.period[report].key}  {outcome.source}: {outcome.observation_count} observations{problem}")
    for report, problem in collected.problems.items():
        say(f"{report} is not collected: {problem}")
    if not collected.outcomes:
        say("no report has a live source; add one to a recipe")


def show_sources(sources: Sequence[About], whole: bool) -> None:
    """What sources say of themselves: in full for one, in short for all."""
    for about in sources:
        say(f"{about.name}\n    {about.summary}")
        for line in _coverage(about):
            say(f"    {line}")
        for metric in about.metrics:
            say(f"    {metric.key} ({unit_of(metric.unit, metric.noun)}): {metric.title}")
            for name in ("measures", "does_not_measure", "known_biases") if whole else ():
                say(f"        {name.replace('_', ' ')}: {getattr(metric, name)}")
        say("")


def _coverage(about: About) -> Iterator[str]:
    yield f"days       {about.coverage.day_boundary}"
    yield f"depth      {about.coverage.depth}"
    yield f"lag        {about.coverage.lag}"
    yield f"quota      {about.coverage.quota}"
    for origin in about.origins:
        yield f"terms      {origin.name}: {origin.terms}"
        yield f"owed       {origin.citation}"
        if origin.licence:
            yield f"licence    {origin.licence}" + (", so evidence pages carry its replies" if origin.may_repeat else "")
    if about.engines:
        yield f"computed   from raw data, on {', '.join(about.engines)} (docs/scale.md)"
    if about.url:
        pace = f", once every {about.interval_s:g} s at most" if about.interval_s else ""
        yield f"asked at   {about.url}{pace}" + (f", key in {about.variable}" if about.variable else "")


def show_tried(tried: Tried) -> None:
    """Each observation with its window and its age, then what is missing."""
    say(f"{tried.about.name} for {tried.report}, {tried.period}")
    if tried.made_up:
        say("    made-up data (SYNTHETIC.txt stands with them): these figures mean nothing, and nothing of them is stored")
    for seen in tried.observations:
        age = tried.now - seen.retrieved_at
        value = f"{grouped(seen.value)} {seen.metric} of {seen.subject}, {seen.period.name} ({seen.status})"
        say(f"    {value}; read {_age(age)} ago, {_age(seen.retrieved_at - seen.period.end)} after its end")
    for one in tried.missing:
        say(f"    none   {one.metric} of {one.subject}, {one.period.name}: {one.reason}")
    if tried.problem:
        say(f"    problem: {tried.problem}")
    elif not tried.observations:
        say("    no observation; see whether the recipe gives its subjects an id at this source")


def _age(age: dt.timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
