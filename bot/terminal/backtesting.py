"""A backtest: what became of its periods, and where everything is."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from bot.compose.backtest import Backtest
from bot.domain.backtest import Outcome
from bot.terminal.lines import OUT, say
from bot.verbs.backtesting import Backtested


def show_backtest(done: Backtested) -> None:
    """The periods that have no thread with the reason, then the sums."""
    told = done.backtest
    for one in told.periods:
        if one.outcome is not Outcome.TOLD:
            say(f"{one.outcome:<9} {one.period}: {one.reason.splitlines()[0]}")
    for note in done.notes:
        say(f"note      {note}")
    for problem in done.problems:
        say(f"failed    {problem}")
    _show_sums(told)
    page = done.folder / "index.html"
    OUT.print(Text(f"page      {page}", style=f"link {page.resolve().as_uri()}" if OUT.is_terminal else ""), soft_wrap=True)


def _show_sums(told: Backtest) -> None:
    by_outcome = {str(outcome): told.count(outcome) for outcome in Outcome}
    say(f"periods   {told.asked}: {_counts(by_outcome)}")
    say(f"posts     {_counts(told.rows('post'))}")
    say(f"claims    {_counts(told.rows('claim'))}")
    say(f"gates     {_counts(told.rows('gate'))}")
    if told.widest is not None:
        period, post = told.widest
        say(f"widest    {post.name} of {period.period}: {post.width} of {told.post_length}")
    speed = f", {told.per_second:.2f} a second" if told.fresh else ""
    processes = "1 process" if told.jobs == 1 else f"{told.jobs} processes"
    say(f"time      {told.seconds:.1f} s by {processes}: {told.fresh} editions composed{speed}; {told.kept} kept from before")


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in found.items() if count) or "none"
