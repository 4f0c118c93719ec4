"""
Statements as tested predicates: each kind is a pure function from figures to a Claim, or to the reason there is none.

Noise decides before order does. Counts within 3 % of each other, or so small that chance may part them, are level; shares of a
survey are level when their 95 % intervals overlap, and are not compared where nobody says how many were asked. Like is compared
with like: one metric, one origin (or several that repeat one counter), no break, windows beside each other, totals by the day.
Causes are never stated.

What each kind can come out as, its numbers in their order (the first is the one its claim word rests on), and what else it tells:

| kind        | findings          | numbers                     | besides                                        |
|-------------|-------------------|-----------------------------|------------------------------------------------|
| lead        | LEADS, LEVEL      | apart                       | subjects by rank; tied; missing; not_asked     |
| ratio       | LEADS, LEVEL      | apart                       | subjects: the higher, the lower                |
| rank        | STATED            | place                       |                                                |
| level       | LEVEL             | apart                       | subjects by rank, all of them tied             |
| growth      | GREW, FELL, LEVEL | changed                     | before                                         |
| gained      | STATED            | gain                        | before                                         |
| rank_change | GREW, FELL, LEVEL | place, before               | before                                         |
| fastest     | LEADS, LEVEL      | changed                     | subjects by growth; tied; missing; before      |
| overtook    | LEADS             | held, apart                 | subjects: the higher, the lower; since         |
| record      | STATED            | high, apart, earlier        | since                                          |
| first       | STATED            | figure                      |                                                |
| share       | STATED            | share                       |                                                |
| multiplied  | STATED            | factor, before              |                                                |
| tally       | LEADS, LEVEL      | leads_SUBJECT..., undecided, measures | subjects by their leads              |

- "apart" is `ratio` (times, 1 or more) of counts and rates, or `difference`: points (0 or more) of shares, and counts or rates
  where the lower one is nought. Of a level claim it is between the highest and the lowest, of a record between it and the
  highest before.
- "changed" is `ratio` (times) and `percent` (percent change) of counts and rates, or `difference`: points of shares, and counts
  or rates where the figure before is nought; below nought where it fell. A fastest's is that of its first subject, which grew.
- `held` is in periods, 4 to `within` + 1; `earlier` is in periods too, 6 (of years 3) or more; `high` and `figure` are the figure
  as it is. `undecided` is there if some measure is level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bot.analysis.claims import change, history, order, parts
from bot.analysis.claims.likeness import comparison_refused
from bot.analysis.claims.noise import interval, level, ranked
from bot.analysis.figures import Figures
from bot.domain.claim import Claim
from bot.domain.measure import Absent
from bot.domain.period import Period
from bot.domain.report import ClaimSpec

__all__ = ("KINDS", "NEEDS", "Kind", "claims", "comparison_refused", "interval", "level", "ranked")

Kind = Callable[[ClaimSpec, Figures, Period, Mapping[str, Claim | Absent]], Claim | Absent]

KINDS: Final[Mapping[str, Kind]] = {
    "lead": order.lead,
    "ratio": order.ratio,
    "rank": order.rank,
    "level": order.all_level,
    "growth": change.growth,
    "gained": change.gained,
    "rank_change": change.rank_change,
    "fastest": change.fastest,
    "overtook": history.overtook,
    "record": history.record,
    "first": history.first,
    "share": parts.share,
    "multiplied": parts.multiplied,
    "tally": parts.tally,
}
"""The kinds a recipe may ask for."""

NEEDS: Final[Mapping[str, int]] = {
    "lead": 2, "ratio": 2, "rank": 2, "level": 2,
    "growth": 1, "gained": 1, "rank_change": 2, "fastest": 2,
    "overtook": 2, "record": 1, "first": 1,
    "share": 1, "multiplied": 1, "tally": 0,
}  # fmt: skip
"""How many subjects each kind is about, at the least."""


def claims(specs: Iterable[ClaimSpec], figures: Figures, period: Period) -> dict[str, Claim | Absent]:
    """Every claim of a recipe by its key: stated, or absent with its reason. Counts of claims may use those above them."""
    stated: dict[str, Claim | Absent] = {}
    for spec in specs:
        stated[spec.key] = KINDS[spec.kind](spec, figures, period, stated)
    return stated
