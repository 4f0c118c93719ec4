"""What the store promises its callers, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.measure import Status
from bot.domain.period import Period
from bot.errors import BadStore
from bot.ports import Reading, Reply, Rest, Store
from bot.store import Database, open_store
from tests.store.databases import Place
from tests.store.words import MORNING, a_reading, a_reply, at, later

TODAY = dt.date(2026, 10, 5)

# Replies ------------------------------------------------------------------------------------------------------------------------


def test_a_kept_reply_comes_back_whole(store: Store) -> None:
    reply = Reply(b"\x00\xff not text\r\n", "https://example.org/ä?q=1", "/ä?q=1", at("2026-10-05 23:59:59.999999"), 404)
    store.keep("npm", "keras", reply)
    assert store.kept("npm", "keras", TODAY) == reply


def test_an_empty_reply_comes_back_empty(store: Store) -> None:
    store.keep("npm", "keras", a_reply(b""))
    assert store.kept("npm", "keras", TODAY) == a_reply(b"")


def test_a_reply_of_two_megabytes_comes_back(store: Store) -> None:
    body = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(65_536))
    store.keep("npm", "keras", a_reply(body))
    assert store.payload(hashlib.sha256(body).hexdigest()) == body


def test_an_instant_of_another_time_zone_comes_back_in_utc(store: Store) -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    store.keep("npm", "keras", a_reply(retrieved_at=dt.datetime(2026, 10, 6, 8, 0, 0, 7, tokyo)))
    kept = store.kept("npm", "keras", TODAY)
    assert kept is not None
    assert kept.retrieved_at == at("2026-10-05 23:00:00.000007")
    assert kept.retrieved_at.tzinfo is dt.UTC


def test_the_day_of_a_reply_is_that_of_utc(store: Store) -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    store.keep("npm", "keras", a_reply(retrieved_at=dt.datetime(2026, 10, 6, 8, 0, 0, 0, tokyo)))
    assert store.kept("npm", "keras", dt.date(2026, 10, 5)) is not None
    assert store.kept("npm", "keras", dt.date(2026, 10, 6)) is None


@pytest.mark.parametrize(("since", "found"), [("2026-10-04", True), ("2026-10-05", True), ("2026-10-06", False)])
def test_a_reply_answers_from_the_day_it_was_kept_on(store: Store, since: str, found: bool) -> None:
    store.keep("npm", "keras", a_reply(retrieved_at=at("2026-10-05 00:00")))
    assert (store.kept("npm", "keras", dt.date.fromisoformat(since)) is not None) is found


def test_the_newest_reply_answers_whichever_was_kept_last(store: Store) -> None:
    store.keep("npm", "keras", a_reply(b"noon", later(hours=6)))
    store.keep("npm", "keras", a_reply(b"morning", MORNING))
    assert store.kept("npm", "keras", TODAY) == a_reply(b"noon", later(hours=6))


def test_of_two_replies_of_one_instant_the_one_kept_last_answers(store: Store) -> None:
    store.keep("npm", "keras", a_reply(b"first"))
    store.keep("npm", "keras", a_reply(b"second"))
    assert store.kept("npm", "keras", TODAY) == a_reply(b"second")


@pytest.mark.parametrize(("source", "key"), [("pypi", "keras"), ("npm", "Keras"), ("npm", "keras "), ("npm", "%"), ("npm", "")])
def test_another_question_is_not_answered(store: Store, source: str, key: str) -> None:
    store.keep("npm", "keras", a_reply())
    assert store.kept(source, key, TODAY) is None


def test_a_question_of_any_length_is_told_from_its_like(store: Store) -> None:
    bodies = ["".join(hashlib.sha256(b"%d" % number).hexdigest() for number in range(100)) + end for end in ("a", "b")]
    for body in bodies:
        store.keep("npm", body, a_reply(body[-1].encode()))
    assert store.kept("npm", bodies[0], TODAY) == a_reply(b"a")
    assert store.kept("npm", bodies[1], TODAY) == a_reply(b"b")
    store.refuse("npm", [bodies[1]])
    assert store.kept("npm", bodies[0], TODAY) == a_reply(b"a")
    assert store.kept("npm", bodies[1], TODAY) is None


def test_the_same_bytes_are_kept_once_and_answer_both_questions(store: Store, place: Place) -> None:
    store.keep("npm", "keras", a_reply(b"same"))
    store.keep("pypi", "torch", a_reply(b"same", later(days=1)))
    assert place.ask("SELECT sha256, size_bytes FROM payload") == [
        ("0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5", 4)
    ]
    assert place.ask("SELECT source FROM reply ORDER BY source") == [("npm",), ("pypi",)]
    assert store.kept("pypi", "torch", TODAY) == a_reply(b"same", later(days=1))


def test_bytes_are_stored_compressed_with_the_instant_of_the_clock(place: Place) -> None:
    with open_store(place.url, clock=lambda: at("2027-01-01 00:00:00.5")) as store:
        store.keep("npm", "keras", a_reply(b"0" * 100_000))
    [(size, length, year)] = place.ask("SELECT size_bytes, length(body), substr(CAST(stored_at AS text), 1, 4) FROM payload")
    assert (size, year) == (100_000, "2027")
    assert length < 200


def test_a_refused_reply_does_not_answer_but_its_bytes_stay(store: Store) -> None:
    for key in ("keras", "torch", "jax"):
        store.keep("npm", key, a_reply(key.encode()))
    store.keep("pypi", "keras", a_reply(b"pypi"))
    store.refuse("npm", ["keras", "torch", "never asked"])
    assert store.kept("npm", "keras", TODAY) is None
    assert store.kept("npm", "torch", TODAY) is None
    assert store.kept("npm", "jax", TODAY) == a_reply(b"jax")
    assert store.kept("pypi", "keras", TODAY) == a_reply(b"pypi")
    assert store.payload(a_reply(b"keras").sha256) == b"keras"
    assert store.size(a_reply(b"keras").sha256) == 5


def test_a_question_refused_is_answered_by_what_is_kept_afterwards(store: Store) -> None:
    store.keep("npm", "keras", a_reply(b"unfit", later(hours=1)))
    store.refuse("npm", ["keras"])
    store.keep("npm", "keras", a_reply(b"fit"))
    assert store.kept("npm", "keras", TODAY) == a_reply(b"fit")


def test_refusing_the_newest_does_not_bring_back_an_older_reply(store: Store) -> None:
    store.keep("npm", "keras", a_reply(b"old"))
    store.keep("npm", "keras", a_reply(b"new", later(hours=1)))
    store.refuse("npm", ["keras"])
    assert store.kept("npm", "keras", TODAY) is None


def test_refusing_nothing_refuses_nothing(store: Store) -> None:
    store.keep("npm", "keras", a_reply())
    store.refuse("npm", [])
    assert store.kept("npm", "keras", TODAY) == a_reply()


def test_bytes_nobody_kept_are_not_there(store: Store) -> None:
    assert store.payload("0" * 64) is None
    assert store.size("0" * 64) is None
    assert store.payload("") is None


# Readings -----------------------------------------------------------------------------------------------------------------------


def test_a_reading_comes_back_whole(store: Store) -> None:
    reading = a_reading(
        value=0.1 + 0.2,
        asked="@tensorflow/tfjs",
        period=Period(at("2026-09-01 00:00"), at("2026-09-30 12:00:00.000001")),
        retrieved_at=at("2026-10-01 01:02:03.000004"),
        metric="share",
        subject="tensorflow",
        status=Status.PROVISIONAL,
        origin="npm, Inc. “registry”",
        url="https://example.org/ä",
        query="line 3\n\ttab",
        note="counted anew 🎉",
        payload_sha256="ab" * 32,
    )
    assert store.record("npm", [reading]) == 1
    assert store.readings("npm", ["@tensorflow/tfjs"]) == [reading]


def test_the_same_reading_is_written_once(store: Store) -> None:
    assert store.record("npm", [a_reading()]) == 1
    assert store.record("npm", [a_reading()]) == 0
    assert store.record("npm", [a_reading(retrieved_at=later(days=1))]) == 0
    assert store.readings("npm", ["keras"]) == [a_reading()]


def test_the_same_reading_twice_in_one_go_is_written_once(store: Store) -> None:
    assert store.record("npm", [a_reading(), a_reading()]) == 1


def test_a_restated_figure_is_a_new_row_and_the_old_one_stays(store: Store) -> None:
    first, second = a_reading(12), a_reading(13, retrieved_at=later(days=1))
    store.record("npm", [first])
    assert store.record("npm", [second]) == 1
    assert store.readings("npm", ["keras"]) == [first, second]


def test_a_figure_that_is_restated_back_is_a_third_row(store: Store) -> None:
    story = [a_reading(12), a_reading(13, retrieved_at=later(days=1)), a_reading(12, retrieved_at=later(days=2))]
    assert [store.record("npm", [reading]) for reading in story] == [1, 1, 1]
    assert store.readings("npm", ["keras"]) == story


def test_a_story_told_in_one_go_is_the_same_as_one_told_day_by_day(store: Store) -> None:
    story = [a_reading(value, retrieved_at=later(days=day)) for day, value in enumerate([12, 12, 13, 13, 12])]
    assert store.record("npm", story) == 3
    assert store.readings("npm", ["keras"]) == [story[0], story[2], story[4]]


@pytest.mark.parametrize(
    "change",
    [
        {"value": 12.000000000000002},
        {"status": Status.REVISED},
        {"note": "sampled"},
        {"origin": "npm mirror"},
        {"query": "/other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_value_status_note_origin_or_query_is_news(store: Store, change: dict[str, object]) -> None:
    other = a_reading(**{"retrieved_at": later(days=1), **change})  # type: ignore[arg-type]
    store.record("npm", [a_reading()])
    assert store.record("npm", [other]) == 1
    assert store.readings("npm", ["keras"]) == [a_reading(), other]


@pytest.mark.parametrize(
    "change",
    [{"url": "https://example.org/moved"}, {"payload_sha256": "cd" * 32}, {"subject": "keras3"}],
    ids=lambda change: next(iter(change)),
)
def test_another_address_payload_or_name_of_ours_is_no_news(store: Store, change: dict[str, object]) -> None:
    store.record("npm", [a_reading()])
    assert store.record("npm", [a_reading(**{"retrieved_at": later(days=1), **change})]) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        a_reading(asked="Keras"),
        a_reading(metric="stars"),
        a_reading(period="2026-08"),
        a_reading(period=Period(at("2026-09-01 00:00"), at("2026-10-02 00:00"))),
        a_reading(period=Period(at("2026-08-31 00:00"), at("2026-10-01 00:00"))),
    ],
    ids=["asked", "metric", "month", "end", "start"],
)
def test_another_figure_is_news_though_it_says_the_same(store: Store, other: Reading) -> None:
    store.record("npm", [a_reading()])
    assert store.record("npm", [other]) == 1


def test_the_same_figure_of_another_source_is_news(store: Store) -> None:
    store.record("npm", [a_reading()])
    assert store.record("pypi", [a_reading()]) == 1
    assert store.readings("pypi", ["keras"]) == [a_reading()]


def test_an_older_reading_that_differs_is_written_once_and_does_not_become_the_newest(store: Store) -> None:
    newest, older = a_reading(13, retrieved_at=later(days=1)), a_reading(12)
    store.record("npm", [newest])
    assert store.record("npm", [older]) == 1
    assert store.record("npm", [older]) == 0
    assert store.record("npm", [a_reading(13, retrieved_at=later(days=2))]) == 0
    assert store.readings("npm", ["keras"]) == [older, newest]


def test_an_older_reading_that_says_what_the_newest_says_is_no_news(store: Store) -> None:
    store.record("npm", [a_reading(13, retrieved_at=later(days=1))])
    assert store.record("npm", [a_reading(13)]) == 0


def test_of_two_readings_of_one_instant_the_one_written_last_is_the_newest(store: Store) -> None:
    store.record("npm", [a_reading(12)])
    assert store.record("npm", [a_reading(13)]) == 1
    assert store.record("npm", [a_reading(13, retrieved_at=later(days=1))]) == 0
    assert store.record("npm", [a_reading(12, retrieved_at=later(days=1))]) == 1


def test_readings_come_in_order_of_retrieval_and_of_the_names_asked_for_only(store: Store) -> None:
    late, early = a_reading(1, "keras", retrieved_at=later(seconds=1)), a_reading(2, "torch", retrieved_at=later(microseconds=1))
    store.record("npm", [late, early, a_reading(3, "jax")])
    assert store.readings("npm", ["torch", "keras", "torch", "nobody"]) == [early, late]
    assert store.readings("npm", []) == []
    assert store.readings("pypi", ["keras"]) == []


def test_recording_nothing_writes_nothing(store: Store) -> None:
    assert store.record("npm", []) == 0


def test_more_names_than_one_statement_takes_are_recorded_and_read_together(store: Store) -> None:
    many = [a_reading(number, f"package {number}") for number in range(5_001)]
    assert store.record("npm", many) == 5_001
    assert store.record("npm", [*many, a_reading(0, "one more")]) == 1
    assert len(store.readings("npm", [f"package {number}" for number in range(5_001)])) == 5_001


@pytest.mark.parametrize("value", [0.1, 1e15, -1e15, 5e-324, 1 / 3, 2251799813685249 / 9, 7])
def test_a_value_comes_back_to_the_last_bit(store: Store, value: float) -> None:
    store.record("npm", [a_reading(value)])
    [reading] = store.readings("npm", ["keras"])
    assert repr(reading.observation.value) == repr(float(value))


def test_a_negative_nought_is_nought(store: Store) -> None:
    store.record("npm", [a_reading(-0.0)])
    [reading] = store.readings("npm", ["keras"])
    assert repr(reading.observation.value) == "0.0"
    assert store.record("npm", [a_reading(0.0, retrieved_at=later(days=1))]) == 0


@pytest.mark.parametrize(
    ("start", "end", "retrieved_at"),
    [
        ("1970-01-01 00:00", "1970-01-01 00:00:00.000001", "1970-01-01 00:00"),
        ("1991-02-20 00:00", "2000-02-29 00:00", "2000-02-29 23:59:59.999999"),
        ("2199-12-31 00:00", "2199-12-31 23:59:59.999999", "2199-12-31 23:59:59.999999"),
    ],
)
def test_instants_from_1970_to_2199_come_back_to_the_microsecond(store: Store, start: str, end: str, retrieved_at: str) -> None:
    reading = a_reading(period=Period(at(start), at(end)), retrieved_at=at(retrieved_at))
    store.record("npm", [reading])
    assert store.readings("npm", ["keras"]) == [reading]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
words = texts.filter(str.strip)
instants = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2199, 12, 31), timezones=st.just(dt.UTC))  # noqa: DTZ001
periods = st.tuples(instants, instants).filter(lambda two: two[0] != two[1]).map(lambda two: Period(min(two), max(two)))


@st.composite
def any_reading(draw: st.DrawFn) -> Reading:
    return a_reading(
        value=draw(st.floats(-1e15, 1e15, allow_nan=False)),
        asked=draw(texts),
        period=draw(periods),
        retrieved_at=draw(instants),
        metric=draw(words),
        subject=draw(words),
        status=draw(st.sampled_from(Status)),
        origin=draw(words),
        url=draw(words),
        query=draw(texts),
        note=draw(texts),
        payload_sha256=draw(st.sampled_from(["", "ef" * 32])),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(reading=any_reading())
def test_any_reading_comes_back_as_it_was(store: Store, place: Place, reading: Reading) -> None:
    place.ask("DELETE FROM reading")
    assert store.record("npm", [reading]) == 1
    assert store.readings("npm", [reading.asked]) == [reading]
    assert store.record("npm", [reading]) == 0


# Rests --------------------------------------------------------------------------------------------------------------------------


def test_nobody_rests_until_told_so(store: Store) -> None:
    assert store.rest("npm") is None


def test_a_rest_is_remembered_for_its_source(store: Store) -> None:
    rest = Rest(at("2026-10-05 07:00:00.25"), "429: Retry-After 1800")
    store.leave_alone("npm", rest)
    assert store.rest("npm") == rest
    assert store.rest("pypi") is None


def test_a_longer_rest_replaces_a_shorter_one_and_not_the_other_way_round(store: Store) -> None:
    short, long = Rest(later(minutes=1), "a minute"), Rest(later(hours=1), "an hour")
    store.leave_alone("npm", short)
    store.leave_alone("npm", long)
    assert store.rest("npm") == long
    store.leave_alone("npm", short)
    assert store.rest("npm") == long


# Refused texts and instants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"), [("Tensor\x00Flow", "'Tensor\\x00Flow'"), ("Tensor\ud800Flow", "'Tensor\\ud800Flow'")]
)
def test_a_text_no_database_writes_is_refused_with_its_place_and_nothing_is_written(store: Store, text: str, shown: str) -> None:
    with pytest.raises(BadStore) as refusal:
        store.record("npm", [a_reading(asked="first"), a_reading(note=text)])
    assert str(refusal.value).startswith(f"the text {shown} cannot be stored: its character 7 is ")
    assert store.readings("npm", ["first", "keras"]) == []


@pytest.mark.parametrize("spoilt", ["\0", "\udfff"])
def test_every_way_in_refuses_such_a_text(store: Store, spoilt: str) -> None:
    for way in (
        lambda: store.keep("npm", spoilt, a_reply()),
        lambda: store.keep(spoilt, "keras", a_reply()),
        lambda: store.keep("npm", "keras", a_reply(url=spoilt)),
        lambda: store.keep("npm", spoilt * 1000, a_reply()),
        lambda: store.kept("npm", spoilt, TODAY),
        lambda: store.refuse("npm", [spoilt]),
        lambda: store.payload(spoilt),
        lambda: store.record(spoilt, [a_reading()]),
        lambda: store.readings("npm", [spoilt]),
        lambda: store.rest(spoilt),
        lambda: store.leave_alone("npm", Rest(MORNING, spoilt)),
    ):
        with pytest.raises(BadStore, match=r"^the text '.*' cannot be stored: its character 1 is "):
            way()
    assert store.payload(a_reply().sha256) is None


def test_an_instant_without_a_time_zone_is_refused(store: Store) -> None:
    naive = dt.datetime(2026, 10, 5, 6, 30)  # noqa: DTZ001
    with pytest.raises(BadStore, match="^2026-10-05T06:30:00 cannot be stored: it has no time zone"):
        store.keep("npm", "keras", a_reply(retrieved_at=naive))
    with pytest.raises(BadStore, match="^2026-10-05T06:30:00 cannot be stored: it has no time zone"):
        store.leave_alone("npm", Rest(naive, "429"))


# Threads ------------------------------------------------------------------------------------------------------------------------


def test_many_threads_share_a_store(store: Database, place: Place) -> None:
    def collect(number: int) -> int:
        source = f"source {number % 4}"
        store.keep(source, f"question {number}", a_reply(b"%d" % number))
        assert store.kept(source, f"question {number}", TODAY) == a_reply(b"%d" % number)
        return store.record(source, [a_reading(1, "shared"), a_reading(number, f"own {number}")])

    with ThreadPoolExecutor(24) as threads:
        written = list(threads.map(collect, range(48)))
    assert sum(written) == 48 + 4
    assert place.ask("SELECT count(*) FROM reading") == [(52,)]
    assert place.ask("SELECT count(*) FROM reply") == [(48,)]
