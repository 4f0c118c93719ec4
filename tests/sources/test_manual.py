"""Figures entered by hand: each is marked as such, and names who read it where and when; anything doubtful is refused by its place."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.measure import Observation, Status
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline, Reply
from bot.sources.manual import METRICS, ORIGINS, Source
from tests.builders import FEW

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
OCTOBER = Period.month(2026, 10)
LINES = {
    "metric": '"linkedin_jobs"',
    "subject": '"tensorflow"',
    "period": '"2026-10"',
    "value": "5120",
    "origin": '"LinkedIn"',
    "url": '"https://www.linkedin.com/jobs/"',
    "read_by": '"Jane Doe"',
    "read_on": "2026-11-03",
    "note": '"worldwide, all job posts"',
}


def entry(**changes: str | None) -> str:
    """One figure as a person writes it; None leaves a line out."""
    lines = (LINES | changes).items()
    return "\n".join(["[[figures]]", *(f"{key} = {value}" for key, value in lines if value is not None), ""])


def reply(text: str | bytes) -> Reply:
    return Reply(text.encode() if isinstance(text, str) else text, "some/where/figures.toml", "", NOW)


def parse(text: str | bytes) -> list[Observation]:
    return list(Source(Path()).parse(reply(text), (), OCTOBER))


def refusal(text: str | bytes) -> str:
    with pytest.raises(BadFigures) as caught:
        parse(text)
    assert len(str(caught.value)) < 400
    return str(caught.value)


LINKEDIN = Observation(
    metric="linkedin_jobs",
    subject="tensorflow",
    period=OCTOBER,
    value=5120.0,
    status=Status.MEASURED,
    origin="LinkedIn, read by Jane Doe",
    url="https://www.linkedin.com/jobs/",
    retrieved_at=dt.datetime(2026, 11, 3, tzinfo=dt.UTC),
    note="entered by hand: worldwide, all job posts",
    query="figures.toml, entry 1",
    payload_sha256=reply(entry()).sha256,
    handwritten=True,
)


def test_a_figure_carries_the_mark_of_the_hand_and_who_read_it_where_and_when() -> None:
    assert parse(entry()) == [LINKEDIN]


def test_the_mark_is_not_part_of_an_id() -> None:
    assert replace(LINKEDIN, handwritten=False).id == LINKEDIN.id


def test_what_was_there_on_one_day_may_be_read_on_it() -> None:
    (seen,) = parse(entry(period=None, day="2026-11-03", note=None))
    assert seen.period == Period.day(dt.date(2026, 11, 3))
    assert seen.note == "entered by hand: read by Jane Doe on 2026-11-03"


def test_figures_come_in_the_order_of_the_file_and_may_be_read_again_later() -> None:
    found = parse(entry() + entry(subject='"all"', value="12.5") + entry(value="5200", read_on="2026-11-10"))
    assert [(seen.subject, seen.value, seen.query) for seen in found] == [
        ("tensorflow", 5120, "figures.toml, entry 1"),
        ("all", 12.5, "figures.toml, entry 2"),
        ("tensorflow", 5200, "figures.toml, entry 3"),
    ]


@pytest.mark.parametrize(("read_on", "accepted"), [("2026-10-31", False), ("2026-11-01", True)])
def test_a_window_is_read_when_it_is_over(read_on: str, accepted: bool) -> None:
    if accepted:
        assert parse(entry(read_on=read_on))
    else:
        assert "the period 2026-10 is not over before 2026-11-01" in refusal(entry(read_on=read_on))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metrik": '"x"'}, "'metrik' is not a key (did you mean \"metric\"?)"),
        ({"origin": None}, '"origin" is missing'),
        ({"read_on": None}, '"read_on" is missing'),
        ({"value": None}, '"value" is missing'),
        ({"period": None}, 'either "period" or "day"'),
        ({"period": '"0001"'}, "0001 is not between 1970 and 2199; nothing was counted then"),
        ({"day": "2026-11-03"}, 'either "period" or "day"'),
        ({"period": "2026"}, "\"period\" is '2026', not a text. Put it in quotes."),
        ({"period": '"October"'}, '"October" names no period'),
        ({"period": '"2026-13"'}, '"2026-13" names no period'),
        ({"period": None, "day": '"2026-11-03"'}, "\"day\" is '2026-11-03', not a day"),
        ({"period": None, "day": "2026-11-04"}, "before the day the figure is about, 2026-11-04"),
        ({"period": None, "day": "9999-12-31"}, "The period names the time"),
        ({"read_on": "2026-11-03T10:00:00Z"}, "\"read_on\" is '2026-11-03 10:00:00+00:00', not a day"),
        ({"read_on": "20261103"}, "not a day"),
        ({"value": '"5,120"'}, "\"value\" is '5,120', not a number"),
        ({"value": "true"}, "not a number"),
        ({"value": "nan"}, "not a number"),
        ({"value": "inf"}, "not a number"),
        ({"value": "[5120]"}, "not a number"),
        ({"value": "1e16"}, "larger than anything counted"),
        ({"value": "9" * 400}, "hundreds of digits"),
        ({"metric": '""'}, "\"metric\" is '': empty"),
        ({"subject": '" tensorflow"'}, "blanks around it"),
        ({"read_by": '"Jane\\u200bDoe"'}, "signs nobody sees"),
        ({"note": "5"}, "\"note\" is '5', not a text"),
        ({"url": '"www.linkedin.com"'}, "not a web address"),
        ({"url": '"ftp://linkedin.com/"'}, "not a web address"),
        ({"url": '"https://"'}, "not a web address"),
        ({"url": '"https://[x/"'}, "not a web address"),
        ({"url": '"https://linkedin.com/a b"'}, "not a web address"),
    ],
)
def test_a_doubtful_figure_is_refused_by_its_place(changes: dict[str, str | None], said: str) -> None:
    message = refusal(entry(subject='"keras"') + entry(**changes))
    assert message.startswith("figures.toml, entry 2: ")
    assert said in message


def test_a_password_in_an_address_is_not_repeated() -> None:
    message = refusal(entry(url='"https://me:secret@linkedin.com/"'))
    assert "has a user in it" in message
    assert "secret" not in message


def test_a_figure_twice_is_refused_naming_both() -> None:
    assert refusal(entry() + entry(value="9")).startswith(
        "figures.toml, entry 2: the same metric, subject, period and read_on as figures.toml, entry 1"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no figures"),
        ("figures = []", "holds no figures"),
        ("figures = 5", "holds no figures"),
        ("figures = [5]", "holds no figures"),
        (entry().replace("[[figures]]", "[figures]"), "holds no figures"),
        (entry().replace("figures", "figure"), "'figure' is not known here (did you mean \"figures\"?)"),
        ("[[figures]]\nmetric = linkedin\n", "is not TOML"),
        ("<html>", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
        ("a = " + "9" * 5000, "is not TOML"),
        (b"# caf\xe9\n", "line 1: byte 0xe9 is not UTF-8"),
        ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(text: str | bytes, said: str) -> None:
    message = refusal(text)
    assert message.startswith("figures.toml")
    assert said in message


def test_a_byte_order_mark_is_no_matter() -> None:
    assert len(parse(b"\xef\xbb\xbf" + entry().encode())) == 1


def test_the_file_is_read_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "figures.toml"
    path.write_text(entry())
    assert [one.body for one in Source(path).fetch(Offline(), (), OCTOBER)] == [entry().encode()]
    with pytest.raises(BadFigures, match='figure.toml\' does not exist. Did you mean "figures.toml"'):
        Source(tmp_path / "figure.toml").fetch(Offline(), (), OCTOBER)


def test_it_defines_no_metric_and_speaks_for_no_publisher() -> None:
    assert (METRICS, ORIGINS) == ((), ())


@FEW
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: entry(note=text).encode()))
def test_any_bytes_are_figures_or_a_named_error(body: bytes) -> None:
    try:
        found = parse(body)
    except BadFigures as error:
        if not str(error).startswith("figures.toml"):
            raise
    else:
        assert all(seen.handwritten for seen in found)
