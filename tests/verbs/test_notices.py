"""The words a person is told in, whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.period import Period
from bot.domain.schedule import Window
from bot.domain.turn import Turn, TurnState
from bot.verbs.notices import notice

OPENS = dt.datetime(2026, 11, 5, 8, tzinfo=dt.UTC)
WINDOW = Window(
    Period.parse("2026-10"),
    OPENS,
    grace_until=OPENS + dt.timedelta(days=2),
    complete_until=OPENS + dt.timedelta(days=1),
    closes_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
)
TURN = Turn("dl-frameworks-monthly", "x", WINDOW, TurnState.HELD, "X said 403 <forbidden>", run="r-17", edition=7)
EVENTS = ("waiting", "held", "unknown", "missed", "broken", "half")


def test_a_thread_that_waits_is_told_of_with_the_very_command_that_approves_it() -> None:
    told = notice("waiting", replace(TURN, reason="11 posts for $0.165"), digest="4be1" * 16)
    assert (told.event, told.report, told.network, told.period, told.run) == (
        "waiting",
        "dl-frameworks-monthly",
        "x",
        "2026-10",
        "r-17",
    )
    assert told.text == (
        """threadmill: dl-frameworks-monthly 2026-10 waits for approval

The thread is frozen, and goes out when somebody approves exactly this one.

Why: 11 posts for $0.165

Its time is over at 2026-11-22 00:00 UTC.

Look at it:
    threadmill approve 7

Approve exactly this thread:
    threadmill approve 7 4be14be14be14be14be14be14be14be14be14be14be14be14be14be14be14be1

Or say that there shall be none:
    threadmill skip dl-frameworks-monthly 2026-10 --because "..."
""".rstrip()
    )  # fmt: skip


def test_a_thread_that_is_held_is_told_of_with_the_reason_and_when_it_is_tried_again() -> None:
    told = notice("held", replace(TURN, retry_at=dt.datetime(2026, 11, 5, 9, tzinfo=dt.UTC)))
    assert told.text.split("\n\n") == [
        "threadmill: dl-frameworks-monthly 2026-10 is held",
        "Nothing more of it goes out before somebody has changed something.",
        "Why: X said 403 <forbidden>",
        "It is tried again by itself at 2026-11-05 09:00 UTC. Its time is over at 2026-11-22 00:00 UTC.",
        "Once that is done, go on at once:\n    threadmill post dl-frameworks-monthly --period 2026-10 --yes",
        'Or say that there shall be none:\n    threadmill skip dl-frameworks-monthly 2026-10 --because "..."',
    ]


@pytest.mark.parametrize(("position", "where"), [(3, "7 3"), (0, "7 POSITION")])
def test_a_post_of_unknown_fate_is_told_of_with_both_answers(position: int, where: str) -> None:
    text = notice("unknown", TURN, position=position).text
    assert f"\n    threadmill resolve {where} --there ID\n" in text
    assert text.endswith(f"\n    threadmill resolve {where} --absent")


@pytest.mark.parametrize(
    ("event", "commands"),
    [
        ("missed", ["post dl-frameworks-monthly --period 2026-10 --yes", 'skip dl-frameworks-monthly 2026-10 --because "..."']),
        ("half", ["post dl-frameworks-monthly --period 2026-10 --yes", "undo 7"]),
        (
            "broken",
            [
                "check dl-frameworks-monthly",
                "post dl-frameworks-monthly --period 2026-10 --yes",
                'skip dl-frameworks-monthly 2026-10 --because "..."',
            ],
        ),
    ],
)
def test_what_to_type_is_told(event: str, commands: list[str]) -> None:
    lines = notice(event, TURN).text.splitlines()
    assert [line.removeprefix("    threadmill ") for line in lines if line.startswith("    ")] == commands


@pytest.mark.parametrize("event", EVENTS)
def test_the_first_line_can_be_a_subject_whatever_the_report_is_called(event: str) -> None:
    subject = notice(event, replace(TURN, report="größen")).text.splitlines()[0]
    assert subject.isascii()
    assert subject.startswith("threadmill: gr??en 2026-10 ")
    assert len(subject) <= 90


@pytest.mark.parametrize("event", ["waiting", "held", "missed", "broken", "half"])
def test_a_name_with_a_blank_stays_one_word_of_the_command(event: str) -> None:
    text = notice(event, replace(TURN, report="my report; ls")).text
    assert "'my report; ls'" in text


def cause(event: str, reason: str, position: int = 0, digest: str = "", **turn: Any) -> str:
    return notice(event, replace(TURN, reason=reason, **turn), digest=digest, position=position).cause


NINE, TEN = (dt.datetime(2026, 11, 5, hour, tzinfo=dt.UTC) for hour in (9, 10))


@pytest.mark.parametrize("event", ["held", "broken", "missed", "half"])
def test_a_cause_is_the_same_whatever_the_sums_and_the_hour(event: str) -> None:
    before = cause(event, "$0.165 since 2026-11-01, 09:00 UTC; see 0x7f2a", retry_at=NINE, run="r-1")
    assert before == cause(event, "$1.20 since 2026-12-01, 10:30 UTC; see 0x81bc", retry_at=TEN, run="r-2")
    assert before != cause(event, "$0.165 since 2026-11-01; X refused it", retry_at=NINE)


def test_what_is_tried_again_when_a_person_says_so_has_a_cause_of_its_own_each_time() -> None:
    assert cause("held", "X said 402", run="r-1") != cause("held", "X said 402", run="r-2")


def test_an_unknown_fate_is_that_of_one_post_whatever_is_found_out_of_it() -> None:
    assert cause("unknown", "the account cannot be read", 2) == cause("unknown", "it is not up to date", 2)
    assert cause("unknown", "the account cannot be read", 2) != cause("unknown", "the account cannot be read", 3)
    assert cause("unknown", "the account cannot be read") != cause("unknown", "the clock was set back")


def test_a_refusal_of_another_post_is_another_cause() -> None:
    refused = "post 1 of 11 was refused: 403", "post 2 of 11 was refused: 403"
    assert cause("held", refused[0], retry_at=NINE) != cause("held", refused[1], retry_at=NINE)


def test_what_waits_for_approval_is_one_thread() -> None:
    assert cause("waiting", "11 posts, until noon", digest="4be1") == cause("waiting", "11 posts, until night", digest="4be1")
    assert cause("waiting", "11 posts", digest="4be1") != cause("waiting", "11 posts", digest="4be2")
