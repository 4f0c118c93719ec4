"""Sources are asked side by side; what they say is kept as it comes; one that fails is told, not fatal."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.collection import Gathered, NamedSource, gather
from bot.domain.measure import Aggregation, Metric, Missing, Observation, Status, Subject
from bot.domain.period import Granularity, Period
from bot.domain.report import Report
from bot.errors import SourceUnavailable, Throttled
from bot.ports import Client, Offline, Question, Reply, Service, Store
from bot.sources._http import HttpClient
from bot.store import open_store
from tests.builders import a_metric, a_subject
from tests.sources.services import NOW, Answer, FakeClock, Request, Server

OCTOBER = Period.month(2026, 10)
DOWNLOADS = a_metric("downloads", aggregation=Aggregation.TOTAL)
STARS = a_metric("stars", aggregation=Aggregation.LEVEL, tolerance_days=31)


def a_report(
    *subjects: Subject, metrics: Sequence[Metric] = (DOWNLOADS, STARS), granularity: Granularity = Granularity.MONTH
) -> Report:
    return Report("r", "R", "x", granularity, {one.key: one for one in subjects}, {one.key: one for one in metrics}, (), (), ())


TENSORFLOW = a_subject("tensorflow", ids={"shop": "tf"})
PYTORCH = a_subject("pytorch", ids={"shop": "torch"})
REPORT = a_report(TENSORFLOW, PYTORCH)


@dataclass(frozen=True)
class Shop:
    """A room that asks "/<id>" for each subject and reads the number that comes back."""

    window: Period = OCTOBER
    metric: str = "downloads"

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        for subject in subjects:
            if "shop" in subject.ids:
                yield client.ask(Question(f"/{subject.ids['shop']}"))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        subject = next(one for one in subjects if f"/{one.ids.get('shop')}" == reply.query)
        text = reply.body.decode()
        if text == "busy":
            raise Throttled("shop is busy", reply.retrieved_at + dt.timedelta(hours=3))
        if text == "none":
            return [Missing(self.metric, subject.key, self.window, "the shop was closed", withdrawn=True)]
        if not text.lstrip("-").isdigit():
            raise SourceUnavailable(f"shop says {text}")
        return [
            Observation(
                self.metric, subject.key, self.window, float(text), Status.MEASURED, "Shop", "https://example.org/", reply.retrieved_at,
                "", reply.query, reply.sha256,
            )
        ]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'threadmill.db'}") as opened:
        yield opened


@dataclass
class Street:
    """A server with what each address answers, and a named source that asks there."""

    answers: dict[str, str | int]
    store: Store | None
    clock: FakeClock = field(default_factory=FakeClock)
    asked: list[str] = field(default_factory=list)

    def visit(self, report: Report = REPORT, source: Shop = Shop(), **named: object) -> Gathered:
        def answer(request: Request) -> Answer:
            self.asked.append(request.path)
            told = self.answers[request.path]
            return Answer("down", told) if isinstance(told, int) else Answer(told)

        with Server(answer) as server:
            client = HttpClient("shop", Service("https://example.org", 0), server.url, store=self.store, clock=self.clock)
            client._base = "http://shop"  # the port is another one each time, and a reply is kept by its address
            client._sent = sent_to(server.url, client._sent)  # type: ignore[method-assign]
            told = NamedSource("shop", source, required=False, metrics=("downloads",), client=client)
            (gathered,) = gather(report, OCTOBER, [replace(told, **named)], self.store, lambda *_: None)  # type: ignore[arg-type]
            return gathered


def sent_to(url: str, send: Callable[..., object]) -> Callable[..., object]:
    return lambda method, address, body, headers: send(method, address.replace("http://shop", url), body, headers)


def values(gathered: Gathered) -> dict[str, float]:
    return {seen.subject: seen.value for seen in gathered.observations}


def test_what_a_service_says_is_kept_recorded_and_told(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    gathered = street.visit()
    assert values(gathered) == {"tensorflow": 20, "pytorch": 30}
    assert gathered.outcome.problem == ""
    assert {store.payload(seen.payload_sha256) for seen in gathered.observations} == {b"20", b"30"}


def test_the_next_run_of_the_day_asks_only_for_what_is_missing(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": 404}, store)
    first = street.visit()
    assert values(first) == {"tensorflow": 20}
    assert "answered 404" in first.outcome.problem
    street.answers["/torch"] = "30"
    assert values(street.visit()) == {"tensorflow": 20, "pytorch": 30}
    assert street.asked == ["/tf", "/torch", "/torch"]


def test_a_reply_that_cannot_be_read_is_refused_and_asked_for_anew(store: Store) -> None:
    street = Street({"/tf": "<html>", "/torch": "30"}, store)
    first = street.visit()
    assert values(first) == {"pytorch": 30}
    assert first.outcome.problem == "shop says <html>"
    street.answers["/tf"] = "20"
    assert values(street.visit()) == {"tensorflow": 20, "pytorch": 30}
    assert street.asked == ["/tf", "/torch", "/tf"]


@dataclass(frozen=True)
class Broken(Shop):
    """A room with a defect."""

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        raise ValueError("Invalid IPv6 URL\0")


def test_a_defect_of_one_room_is_its_own_trouble(store: Store) -> None:
    gathered = Street({"/tf": "20", "/torch": "30"}, store).visit(source=Broken())
    assert values(gathered) == {}
    assert "shop cannot read what it was told (ValueError: Invalid IPv6 URL" in gathered.outcome.problem
    assert "\0" not in gathered.outcome.problem


def test_what_a_source_withdraws_no_longer_stands(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.visit()
    street.clock.at += dt.timedelta(days=1)
    street.answers["/tf"] = "none"
    assert values(street.visit()) == {"pytorch": 30}
    named = NamedSource("shop", Shop(), required=False, client=Offline())
    (offline,) = gather(REPORT, OCTOBER, [named], store, lambda *_: None)
    assert values(offline) == {"pytorch": 30}
    assert offline.missing == (Missing("downloads", "tensorflow", OCTOBER, "the shop was closed"),)
    street.clock.at += dt.timedelta(days=1)
    street.answers["/tf"] = "20"  # the shop has mended its books
    assert values(street.visit()) == {"tensorflow": 20, "pytorch": 30}
    statuses = [str(one.observation.status) for one in store.readings("shop", ["tf"])]
    assert statuses == ["measured", "withdrawn", "measured"]


def test_a_reading_dated_ahead_does_not_stand(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.clock.at += dt.timedelta(days=300)
    street.visit()
    street.clock.at = NOW
    street.answers |= {"/tf": "21", "/torch": "31"}
    assert values(street.visit()) == {"tensorflow": 21, "pytorch": 31}


def test_as_of_the_past_the_store_is_what_it_was_then(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.visit()
    first = street.clock.at
    street.clock.at += dt.timedelta(days=1)
    street.answers |= {"/tf": "none", "/torch": "31"}  # one is withdrawn, one is restated
    assert values(street.visit()) == {"pytorch": 31}
    assert values(as_of(first, store)) == {"tensorflow": 20, "pytorch": 30}
    assert values(as_of(first - dt.timedelta(seconds=1), store)) == {}


def as_of(instant: dt.datetime, store: Store) -> Gathered:
    named = NamedSource("shop", Shop(), required=False, client=Offline("shop", instant))
    (gathered,) = gather(REPORT, OCTOBER, [named], store, lambda *_: None)
    newest = {(seen.subject, seen.period): seen for seen in gathered.observations}  # in order of retrieval
    return replace(gathered, observations=tuple(newest.values()))


def test_what_was_read_already_is_not_read_again(store: Store) -> None:
    before = Street({"/tf": "20", "/torch": "30"}, store).visit()
    named = replace(before.named, client=None)
    assert gather(REPORT, OCTOBER, [named], store, lambda *_: None, {"shop": before}) == [before]


def test_a_subject_called_all_at_its_source_is_not_the_whole(store: Store) -> None:
    report = a_report(a_subject("everything", ids={"shop": "all"}))
    assert values(Street({"/all": "20"}, store).visit(report)) == {"everything": 20}


def test_an_impossible_value_is_the_sources_trouble_and_no_figure(store: Store) -> None:
    gathered = Street({"/tf": "-5", "/torch": "30"}, store).visit()
    assert values(gathered) == {"pytorch": 30}
    assert "negative" in gathered.outcome.problem
    assert [one.observation.value for one in store.readings("shop", ["tf", "torch"])] == [30]


def test_a_service_that_wants_to_be_left_alone_is_not_asked_again_before(store: Store) -> None:
    street = Street({"/tf": "busy", "/torch": "30"}, store)
    assert "busy" in street.visit().outcome.problem
    assert street.asked == ["/tf"]
    street.answers["/tf"] = "20"
    assert "left alone until 2026-11-05T09:00" in street.visit().outcome.problem
    assert street.asked == ["/tf"]
    street.clock.at += dt.timedelta(hours=4)
    assert values(street.visit()) == {"tensorflow": 20, "pytorch": 30}


def test_a_restated_figure_is_a_new_reading_and_the_old_one_stays(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.visit()
    street.answers["/tf"] = "21"
    street.clock.at += dt.timedelta(days=1)
    street.visit()
    assert [one.observation.value for one in store.readings("shop", ["tf"])] == [20, 21]
    assert [one.observation.value for one in store.readings("shop", ["torch"])] == [30]


def test_reports_may_call_a_subject_differently_and_share_its_readings(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.visit()
    other = a_report(a_subject("google", ids={"shop": "tf"}), a_subject("meta", ids={"shop": "torch"}))
    assert values(street.visit(other)) == {"google": 20, "meta": 30}
    assert street.asked == ["/tf", "/torch"]


def test_another_id_of_the_same_subject_is_another_series(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30", "/tf-nightly": "2"}, store)
    street.visit()
    renamed = a_report(a_subject("tensorflow", ids={"shop": "tf-nightly"}))
    assert values(street.visit(renamed)) == {"tensorflow": 2}


def test_without_a_connection_the_earlier_readings_are_used(store: Store) -> None:
    Street({"/tf": "20", "/torch": "30"}, store).visit()
    named = NamedSource("shop", Shop(), required=False, client=Offline())
    (gathered,) = gather(REPORT, OCTOBER, [named], store, lambda *_: None)
    assert values(gathered) == {"tensorflow": 20, "pytorch": 30}
    assert "makes no connection" in gathered.outcome.problem


def test_what_a_source_lacks_comes_with_its_reason(store: Store) -> None:
    gathered = Street({"/tf": "none", "/torch": "30"}, store).visit()
    assert gathered.missing == (Missing("downloads", "tensorflow", OCTOBER, "the shop was closed", withdrawn=True),)


def test_a_required_source_that_gives_nothing_ends_the_run(store: Store) -> None:
    with pytest.raises(SourceUnavailable, match="answered 404"):
        Street({"/tf": 404, "/torch": 404}, store).visit(required=True)
    assert values(Street({"/tf": "20", "/torch": 404}, store).visit(required=True)) == {"tensorflow": 20}


def test_a_source_is_not_asked_for_periods_before_the_recipe_wants_it(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    gathered = street.visit(since=Period.year(2027))
    assert values(gathered) == {}
    assert gathered.outcome.problem == ""
    assert gathered.outcome.not_asked == "shop is asked for periods from 2027 on"
    assert street.asked == []


def test_a_required_source_that_is_not_asked_yet_is_no_problem(store: Store) -> None:
    assert values(Street({}, store).visit(required=True, since=Period.year(2027))) == {}


def test_totals_of_another_calendar_unit_stay_out(store: Store) -> None:
    street = Street({"/tf": "20", "/torch": "30"}, store)
    street.visit(source=Shop(Period.year(2025)))
    street.clock.at += dt.timedelta(days=1)
    assert values(street.visit()) == {"tensorflow": 20, "pytorch": 30}
    assert {seen.period for seen in street.visit().observations} == {OCTOBER}


def test_a_snapshot_is_a_snapshot_in_every_report(store: Store) -> None:
    day = Period(dt.datetime(2026, 11, 5, tzinfo=dt.UTC), NOW)
    street = Street({"/tf": "20", "/torch": "30"}, store)
    assert values(street.visit(source=Shop(day, "stars"))) == {"tensorflow": 20, "pytorch": 30}


@dataclass(frozen=True)
class Meeting:
    """A room whose service answers when all the others have been asked too."""

    all_there: threading.Barrier

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        self.all_there.wait()
        yield Reply(b"20", "https://example.org/", "/tf", NOW)

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        return ()


def test_all_services_are_asked_side_by_side() -> None:
    meeting = Meeting(threading.Barrier(12, timeout=10))
    sources = [NamedSource(f"room{number}", meeting, required=False, client=Offline()) for number in range(12)]
    assert [one.named.name for one in gather(REPORT, OCTOBER, sources, None, lambda *_: None)] == [one.name for one in sources]
