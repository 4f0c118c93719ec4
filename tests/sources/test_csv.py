"""The csv contract: what it takes, and every way it refuses."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import os
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis.gates import refuse_impossible
from bot.domain.measure import Aggregation, Metric, Observation, Status, Unit
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Offline, Reply
from bot.sources import _observations
from bot.sources.csv import METRICS, ORIGINS, Source

HEADER = "metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note"
GOOD = {
    "metric": "gh_stars",
    "subject": "pytorch",
    "period_start": "2020-12-31",
    "period_end": "2021-01-01",
    "value": "45135",
    "status": "measured",
    "origin": "EvanLi/Github-Ranking",
    "url": "https://example.org/day",
    "retrieved_at": "2021-01-02T06:00:00+00:00",
    "note": "a day, as seen",
}
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def row(**changes: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow((GOOD | changes).values())
    return out.getvalue()


def parse(text: str | bytes, name: str = "figures.csv") -> list[Observation]:
    body = text.encode() if isinstance(text, str) else text
    return list(Source(()).parse(Reply(body, f"some/where/{name}", "", NOW), (), Period.year(2020)))


def refusal(text: str | bytes) -> str:
    with pytest.raises(BadFigures) as caught:
        parse(text)
    message = str(caught.value)
    assert "figures.csv" in message
    assert len(message) < 600
    return message


def refusal_of(column: str, value: str) -> str:
    message = refusal(f"{HEADER}\n{row(**{column: value})}")
    assert f'figures.csv, line 2, column "{column}"' in message
    return message


def test_a_row_becomes_the_observation_it_says() -> None:
    text = f"{HEADER}\n{row()}"

    assert parse(text) == [
        Observation(
            "gh_stars",
            "pytorch",
            Period.day(dt.date(2020, 12, 31)),
            45135.0,
            Status.MEASURED,
            "EvanLi/Github-Ranking",
            "https://example.org/day",
            dt.datetime(2021, 1, 2, 6, tzinfo=dt.UTC),
            "a day, as seen",
            "figures.csv:2",
            hashlib.sha256(text.encode()).hexdigest(),
        )
    ]


def test_the_room_defines_nothing_itself() -> None:
    assert (METRICS, ORIGINS) == ((), ())


@pytest.mark.parametrize(
    ("start", "published", "lawful"),
    [
        ("2020-01-01", "2021-01-01", True),
        ("2020-01-01", "2020-12-31", True),  # dated by the beginning of its last day
        ("2020-01-01", "2020-12-30", False),  # a year that is not over
        ("2020-12-31", "2020-12-31T18:00:00+00:00", True),  # a stock, read in the evening of its day
        ("2020-12-31", "2020-12-30", False),
    ],
)
def test_nothing_is_published_before_what_it_counts_is_over(start: str, published: str, lawful: bool) -> None:
    text = f"{HEADER},published_at\n{row(period_start=start).strip()},{published}\n"
    if lawful:
        assert [seen.published_at for seen in parse(text)] == [dt.datetime.fromisoformat(published).replace(tzinfo=dt.UTC)]
    else:
        assert f'figures.csv, line 2, column "published_at": {published!r} is before the end' in refusal(text)


def test_columns_may_stand_in_any_order() -> None:
    backwards = ",".join(reversed(HEADER.split(",")))
    fields = row(note="").strip().split(",")

    assert parse(f"{backwards}\n{','.join(reversed(fields))}\n")[0].value == 45135


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_read() -> None:
    text = f"\ufeff{HEADER}\r\n\r\n{row().strip()}\r\n\r\n"

    assert [seen.query for seen in parse(text)] == ["figures.csv:3"]


def test_a_header_alone_holds_no_observations() -> None:
    assert parse(HEADER) == []


def test_an_offset_is_turned_into_utc() -> None:
    found = parse(f"{HEADER}\n{row(retrieved_at='2021-01-02T06:00:00+02:00')}")

    assert found[0].retrieved_at == dt.datetime(2021, 1, 2, 4, tzinfo=dt.UTC)


def test_a_note_may_be_empty_and_may_hold_commas_and_quotes() -> None:
    quoted = row(subject="jax", note='one, "two"')

    found = parse(f"{HEADER}\n{row(note='')}{quoted}")

    assert [seen.note for seen in found] == ["", 'one, "two"']


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("-1.5", -1.5), ("1e3", 1000), ("1.25E-2", 0.0125), ("61.761521806", 61.761521806)]
)
def test_plain_numbers_are_read(text: str, value: float) -> None:
    assert parse(f"{HEADER}\n{row(value=text)}")[0].value == value


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1e999",
        "1,234",
        "1_000",
        "0x10",
        "0b1",
        "١٢",
        "5%",
        "+5",
        ".5",
        "5.",
        "1e",
        "--1",
        "five",
    ],
)
def test_anything_else_than_a_plain_number_is_refused(value: str) -> None:
    assert value[:4] in refusal_of("value", value)


@pytest.mark.parametrize("column", [column for column in GOOD if column != "note"])
def test_only_a_note_may_be_empty(column: str) -> None:
    assert "is empty" in refusal_of(column, "")
    assert "is empty" in refusal_of(column, "  ")


@pytest.mark.parametrize("column", ["metric", "subject", "value", "origin"])
def test_blanks_around_a_name_are_refused(column: str) -> None:
    assert "blanks" in refusal_of(column, f" {GOOD[column]}")


@pytest.mark.parametrize("column", ["period_start", "period_end", "retrieved_at"])
@pytest.mark.parametrize(
    "value",
    ["2021-01-01T06:00:00", "2021-01-01 06:00", "20210101", "2021-W01-1", "2021W01T06", "01/02/2021", "2021-02-30", "2021-1-1",
     "0000-01-01", "0001-01-01T00:00:00+23:00", "2021-01-01T", "today"],
)  # fmt: skip
def test_a_date_without_an_offset_or_not_iso_is_refused(column: str, value: str) -> None:
    refusal_of(column, value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("period_start", "0001-01-01"),
        ("period_start", "1969-12-31T23:59:59+00:00"),
        ("period_start", "9999-12-31"),
        ("period_end", "2200-01-02"),
        ("period_end", "9999-12-31"),
    ],
)
def test_a_window_in_a_year_when_nothing_was_counted_is_refused(column: str, value: str) -> None:
    assert "is not between 1970-01-01 and 2200-01-01; nothing was counted then" in refusal_of(column, value)


def test_windows_from_1970_to_2199_are_read() -> None:
    found = parse(f"{HEADER}\n{row(period_start='1970-01-01', period_end='2200-01-01')}")
    assert [(seen.period.start.year, seen.period.last_day.year) for seen in found] == [(1970, 2199)]


@pytest.mark.parametrize("end", ["2020-12-31", "2020-12-30"])
def test_reversed_and_empty_periods_are_refused(end: str) -> None:
    assert "2020-12-31" in refusal_of("period_end", end)


def test_an_unknown_status_is_refused_with_the_one_meant() -> None:
    assert 'Did you mean "measured"?' in refusal_of("status", "mesured")
    assert 'Did you mean "measured"?' in refusal_of("status", "Measured")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "example.org", "https://",
     "//x.org/a", "https://exa mple.org", "https://[::1", 'https://example.org/"><script>', "HTTPS:example.org"],
)  # fmt: skip
def test_an_address_that_is_no_web_page_is_refused(url: str) -> None:
    assert "is not a web address" in refusal_of("url", url)


@pytest.mark.parametrize("column", list(GOOD))
@pytest.mark.parametrize("hidden", ["\x07", "\x7f", "\x85", "\t", "\ue000", "\uf8ff", "\u202e", "\u200b", "\u2028", "\ufeff"])
def test_invisible_characters_are_refused_in_every_field(column: str, hidden: str) -> None:
    message = refusal_of(column, GOOD[column][:2] + hidden + GOOD[column][2:])

    assert f"U+{ord(hidden):04X}" in message
    assert hidden not in message


def test_an_unknown_column_is_refused_with_the_one_meant() -> None:
    message = refusal(HEADER.replace("retrieved_at", "retreived_at"))

    assert "line 1: 'retreived_at' is not a column" in message
    assert 'Did you mean "retrieved_at"?' in message


def test_a_missing_column_and_a_doubled_one_are_refused() -> None:
    assert '"note" is missing' in refusal(HEADER.removesuffix(",note"))
    assert '"note" stands there twice' in refusal(f"{HEADER},note")


def test_a_semicolon_separated_file_is_recognised() -> None:
    assert "semicolons" in refusal(HEADER.replace(",", ";"))


@pytest.mark.parametrize(("change", "count"), [(",extra", 11), (None, 9)])
def test_too_many_and_too_few_fields_are_refused(change: str | None, count: int) -> None:
    line = row(note="x").strip()
    line = line + change if change else line.removesuffix(",x")

    assert f"line 2: {count} fields where the header names 10" in refusal(f"{HEADER}\n{line}\n")


@pytest.mark.parametrize(
    "line",
    ['gh_stars,"open', 'a,"multi\nline",b', 'a,"b"c,d', f'"{HEADER}'],
    ids=["open quote", "newline in quotes", "text behind a quote", "open quote at the start"],
)
def test_a_quote_cannot_swallow_the_next_line(line: str) -> None:
    assert "figures.csv, line 2" in refusal(f"{HEADER}\n{line}\n{row()}")


def test_the_line_ends_of_old_macs_are_refused_not_misread() -> None:
    refusal(f"{HEADER}\r{row()}")


def test_the_same_row_twice_is_refused_naming_both_lines() -> None:
    message = refusal(f"{HEADER}\n{row()}{row(subject='jax')}{row(value='45136', note='again')}")

    assert "figures.csv:2" in message
    assert "figures.csv:4" in message


def test_the_same_figure_read_later_is_a_revision() -> None:
    found = parse(f"{HEADER}\n{row()}{row(value='45140', retrieved_at='2021-02-01')}")

    assert [seen.value for seen in found] == [45135, 45140]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (b"PK\x03\x04rest", "zip"),
        (HEADER.encode("utf-16"), "NUL"),
        (HEADER.encode() + b"\n\0", "line 2: a NUL"),
        (HEADER.encode() + b"\n" + row(note="caf\u00e9").encode("latin-1"), "line 2: byte 0xe9 is not UTF-8"),
    ],
)
def test_what_is_no_csv_is_called_by_its_name(body: bytes, word: str) -> None:
    assert word in refusal(body)


def test_a_line_of_64_kib_is_read_and_one_byte_more_is_refused() -> None:
    longest = 64 * 1024
    bare = len(row(note="").strip())

    assert len(parse(f"{HEADER}\n{row(note='x' * (longest - bare))}")) == 1
    assert "line 2: 65,537 bytes long" in refusal(f"{HEADER}\n{row(note='x' * (longest - bare + 1))}")


def test_a_line_of_ten_megabytes_is_refused_quickly_and_quoted_shortly() -> None:
    began = time.perf_counter()

    assert "10,000,000 bytes long" in refusal(HEADER.encode() + b"\n" + b"x" * 10_000_000)
    assert time.perf_counter() - began < 1


def test_a_long_bad_value_is_quoted_in_part() -> None:
    message = refusal_of("value", "9x" * 20_000)

    assert "9x9x9x" in message
    assert len(message) < 400


def test_files_are_read_in_their_order_under_the_names_given(tmp_path: Path) -> None:
    first, second = tmp_path / "b.csv", tmp_path / "a.csv"
    first.write_text(f"{HEADER}\n{row()}")
    second.write_text(HEADER)

    replies = Source((first, second)).fetch(Offline(), (), Period.year(2020))

    assert [(reply.url, reply.query, reply.body) for reply in replies] == [
        (str(first), "", first.read_bytes()),
        (str(second), "", second.read_bytes()),
    ]


def fetch_refusal(path: Path) -> str:
    with pytest.raises(BadFigures) as caught:
        Source((path,)).fetch(Offline(), (), Period.year(2020))
    return str(caught.value)


def test_a_missing_file_is_refused_with_the_one_meant(tmp_path: Path) -> None:
    (tmp_path / "figures.csv").touch()

    message = fetch_refusal(tmp_path / "figure.csv")

    assert "figure.csv' does not exist" in message
    assert 'Did you mean "figures.csv"?' in message
    fetch_refusal(tmp_path / "none" / "x.csv")
    fetch_refusal(Path("a\0b"))


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert "is a folder" in fetch_refusal(tmp_path)
    assert "no regular file" in fetch_refusal(tmp_path / "pipe")


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.csv"
    path.touch()

    def deny(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", deny)  # the tests may run as root, whom no mode keeps out

    assert "cannot be read" in fetch_refusal(path)


def test_a_file_over_64_mib_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    assert "67,108,865 bytes, over the limit of 67,108,864" in fetch_refusal(path)


def metric(unit: Unit) -> Metric:
    return Metric("gh_stars", "t", unit, "n", Aggregation.LEVEL, "m", "d", "b")


@pytest.mark.parametrize(
    ("unit", "value", "word"),
    [(Unit.PERCENT, "100.1", "more than 100 percent"), (Unit.COUNT, "0.5", "not a whole"), (Unit.COUNT, "-1", "negative")],
)
def test_a_value_impossible_in_its_unit_is_refused_with_its_place(unit: Unit, value: str, word: str) -> None:
    found = parse(f"{HEADER}\n{row(value=value)}")

    with pytest.raises(BadFigures, match=word) as caught:
        refuse_impossible(found, {"gh_stars": metric(unit)})
    assert "figures.csv:2" in str(caught.value)


def test_possible_values_and_undefined_metrics_pass() -> None:
    found = parse(f"{HEADER}\n{row(value='100')}{row(metric='unheard_of', value='-0.5')}")

    refuse_impossible(found, {"gh_stars": metric(Unit.PERCENT)})


VISIBLE = st.characters(exclude_categories=("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp", "Zs"))
NAMES = st.text(VISIBLE, min_size=1, max_size=12)
INSTANTS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
PERIODS = st.tuples(INSTANTS, INSTANTS).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Period(min(pair), max(pair)))
NOTES = st.text(st.characters(exclude_categories=("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")), max_size=40)
OBSERVATIONS = st.builds(
    Observation,
    NAMES,
    NAMES,
    PERIODS,
    st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),  # the csv has one zero
    st.sampled_from([status for status in Status if status is not Status.WITHDRAWN]),
    NAMES,
    st.just("https://example.org/a?b=c,d"),
    INSTANTS,
    NOTES,
)


@given(st.lists(OBSERVATIONS, max_size=5, unique_by=lambda one: (one.metric, one.subject, one.period, one.retrieved_at)))
def test_whatever_can_be_observed_survives_being_written_and_read(written: list[Observation]) -> None:
    read = parse(_observations.to_csv(written))

    assert [dataclasses.replace(seen, query="", payload_sha256="") for seen in read] == written
    assert [seen.id for seen in read] == [seen.id for seen in written]


@pytest.mark.parametrize("value", ["1E100", "1000000000000001", "-1e16"])
def test_a_value_larger_than_anything_counted_is_refused_with_its_place(value: str) -> None:
    with pytest.raises(BadFigures, match=r'^figures\.csv, line 2, column "value": .* is larger than anything counted'):
        parse(f"{HEADER}\n{row(value=value)}".encode())


@given(st.binary(max_size=300))
def test_no_bytes_do_worse_than_be_refused(noise: bytes) -> None:
    for body in (noise, HEADER.encode() + b"\n" + noise, HEADER.encode() + b"\n" + row().encode() + noise):
        try:
            parse(body)
        except BadFigures as refused:
            assert "figures.csv" in str(refused)  # noqa: PT017


@given(st.sampled_from(sorted(GOOD)), st.text(max_size=40))
def test_no_field_does_worse_than_be_refused(column: str, noise: str) -> None:
    try:
        parse(f"{HEADER}\n{row(**{column: noise})}".encode("utf-8", "surrogatepass"))
    except BadFigures as refused:
        assert not [character for character in str(refused) if unicodedata.category(character) in ("Cc", "Co", "Cs")]  # noqa: PT017
