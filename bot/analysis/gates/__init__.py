"""
Pure checks of observations before anything is claimed: what is wrong with figures, and what becomes of them.

A gate is a function from a Case to Judgements. Each file is a family of gates; GATES is the order they are asked in. What a gate
finds is judged by the figures alone: nobody is asked, nothing is remembered but what the Case holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from bot.analysis.gates.case import LONGEST, Case
from bot.analysis.gates.consistency import parts_are_no_more_than_the_whole, shares_match_their_counts, years_match_their_months
from bot.analysis.gates.dates import lengths_differ, old_counts, other_windows, read_too_early, repeated
from bot.analysis.gates.history import coverage_shrank, declared_breaks, read_twice, restated_since
from bot.analysis.gates.impossible import refuse_impossible
from bot.analysis.gates.jumps import events_out_of_range, new_courses, nothing_counted, other_unit, sudden_values
from bot.analysis.gates.reach import reach
from bot.analysis.gates.several import all_together, renamed, swapped
from bot.analysis.gates.stocks import dated_otherwise, falls, stood_still
from bot.domain.gate import Acceptance, Judgement, Verdict
from bot.domain.measure import Missing, Observation

Gate: TypeAlias = Callable[[Case], Iterable[Judgement]]

GATES: Final[Mapping[str, Sequence[Gate]]] = {
    "share": (shares_match_their_counts,),
    "whole": (parts_are_no_more_than_the_whole,),
    "sum": (years_match_their_months,),
    "window": (read_too_early, other_windows, dated_otherwise, lengths_differ),
    "stale": (repeated, stood_still, old_counts),
    "unit": (other_unit, events_out_of_range),
    "gap": (nothing_counted,),
    "together": (all_together,),
    "swap": (swapped, renamed),
    "spike": (sudden_values,),
    "shift": (new_courses,),
    "fall": (falls,),
    "coverage": (coverage_shrank,),
    "break": (declared_breaks,),
    "restated": (restated_since, read_twice),
}
"""Every gate by the name that `threadmill approve --accept` takes, with the functions that speak in its name."""


def judge(case: Case, accepted: Mapping[str, Acceptance] | None = None) -> list[Judgement]:
    """What every gate says, in the order of GATES, each with the acceptance a person gave it, if one did."""
    told = [judgement for gates in GATES.values() for gate in gates for judgement in gate(case)]
    return [replace(one, accepted=(accepted or {}).get(one.id)) for one in told]


def sift(observations: Sequence[Observation], judgements: Sequence[Judgement]) -> tuple[list[Observation], list[Missing]]:
    """The observations that may be told, and the figures that are set aside, with the gate's sentence as the reason."""
    held = {one.metric for one in judgements if one.holds}
    skips = [one for one in judgements if one.outcome is Verdict.SKIP]
    passed: list[Observation] = []
    aside: dict[Missing, None] = {}
    for seen in observations:
        skip = next((one for one in skips if one.about(seen)), None)
        if skip is not None:
            aside[Missing(seen.metric, seen.subject, seen.period, skip.sentence, withdrawn=True, short="set aside")] = None
        elif seen.metric not in held:
            passed.append(seen)
    return passed, list(aside)


__all__ = ["GATES", "LONGEST", "Case", "Gate", "judge", "reach", "refuse_impossible", "sift"]
