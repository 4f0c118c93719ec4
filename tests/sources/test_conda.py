"""conda: the counters of all files added up, and no sum where files may be missing from the list."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import SourceUnavailable
from bot.sources import conda
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, Request, a_reply, asking

OCTOBER = Period.month(2026, 10)
TODAY = Period(dt.datetime(2026, 11, 5, tzinfo=dt.UTC), NOW)
PYTORCH = subject("pytorch", conda="conda-forge/pytorch")
JAX = subject("jax", conda="conda-forge/jax")
PATH = "/package/conda-forge/pytorch"


def a_file(name: str, downloads: object) -> dict[str, object]:
    return {
        "full_name": f"conda-forge/pytorch/2.9.0/linux-64/{name}",
        "basename": f"linux-64/{name}",
        "version": "2.9.0",
        "ndownloads": downloads,
        "upload_time": "2026-10-07 10:00:00.000000+00:00",
    }


FILES = [a_file("pytorch-cpu.conda", 700), a_file("pytorch-cuda.conda", 200), a_file("pytorch-cpu.tar.bz2", 100)]


def answered(**changed: object) -> str:
    told = {"name": "pytorch", "full_name": "conda-forge/pytorch", "versions": ["2.9.0"], "files": FILES, "ndownloads": 1000}
    return json.dumps({name: value for name, value in (told | changed).items() if value != "absent"})


EXAMPLES = [Example(a_reply(answered(), PATH), (PYTORCH,))]


def read(body: str | bytes, status: int = 200) -> list[Observation | Missing]:
    return list(conda.Source().parse(a_reply(body, PATH, status=status), (PYTORCH,), OCTOBER))


def value(body: str) -> float:
    (found,) = read(body)
    assert isinstance(found, Observation)
    return found.value


def test_the_counters_of_all_files_are_added_up() -> None:
    assert read(answered()) == [
        Observation(
            "conda_downloads",
            "pytorch",
            TODAY,
            1000,
            Status.MEASURED,
            "anaconda.org",
            "https://anaconda.org/conda-forge/pytorch",
            NOW,
            "sum over 3 files of conda-forge/pytorch, as of the reading",
            PATH,
            a_reply(answered()).sha256,
        )
    ]


def test_older_replies_without_a_total_are_added_up_alike() -> None:
    assert value(answered(ndownloads="absent")) == 1000


def test_a_total_that_ran_on_meanwhile_is_no_contradiction() -> None:
    assert value(answered(ndownloads=1001)) == 1000
    assert value(answered(ndownloads=999)) == 1000


def test_a_total_the_files_do_not_make_up_is_no_figure() -> None:
    assert read(answered(ndownloads=1002)) == [
        Missing(
            "conda_downloads",
            "pytorch",
            OCTOBER,
            "anaconda.org tells 1002 downloads in all and 1000 of its 3 files, and neither is taken",
        )
    ]
    (cut,) = read(answered(files=FILES[:2]))
    assert isinstance(cut, Missing)


def test_a_reading_at_midnight_stands_for_the_day_before() -> None:
    midnight = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    (found,) = conda.Source().parse(replace(a_reply(answered(), PATH), retrieved_at=midnight), (PYTORCH,), OCTOBER)
    assert found.period == Period.day(dt.date(2026, 10, 31))


def test_one_request_per_package_a_second_apart_and_none_for_subjects_without_one() -> None:
    def answer(_: Request) -> Answer:
        return Answer(answered(), gzipped=True)

    clock = FakeClock()
    with asking(conda, answer, clock=clock) as (client, server):
        replies = list(conda.Source().fetch(client, (PYTORCH, subject("tensorflow"), JAX), OCTOBER))
    assert clock.slept == [1]
    assert [(request.path, request.parameters) for request in server.asked] == [(PATH, {}), ("/package/conda-forge/jax", {})]
    assert [reply.query for reply in replies] == [PATH, "/package/conda-forge/jax"]
    assert replies[0].body == answered().encode()


def test_a_list_of_forty_megabytes_is_read_whole() -> None:
    body = answered(description="x" * (40 * 1024 * 1024))
    with asking(conda, lambda _: Answer(body, gzipped=True)) as (client, _):
        (reply,) = conda.Source().fetch(client, (PYTORCH,), OCTOBER)
    (found,) = conda.Source().parse(reply, (PYTORCH,), OCTOBER)
    assert isinstance(found, Observation)
    assert found.value == 1000


def test_a_package_nobody_knows_is_missing_by_name() -> None:
    with asking(conda, lambda _: Answer('{"error":"could not be found"}', 404)) as (client, _):
        (reply,) = conda.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert conda.Source().parse(reply, (PYTORCH,), OCTOBER) == [
        Missing("conda_downloads", "pytorch", OCTOBER, 'anaconda.org knows no package "conda-forge/pytorch"')
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"full_name": "pytorch/pytorch"}, "it is about pytorch/pytorch"),
        ({"files": []}, "it lists no file"),
        ({"files": [*FILES, FILES[0]]}, "it lists a file twice"),
        ({"files": [a_file("pytorch-cpu.conda", "700")]}, "files.0.ndownloads"),
        ({"files": "absent"}, "files: field required"),
    ],
)
def test_another_package_or_another_shape_is_refused(changed: dict[str, object], why: str) -> None:
    with pytest.raises(SourceUnavailable, match=why):
        read(answered(**changed))


def test_a_reply_to_another_question_says_nothing() -> None:
    assert conda.Source().parse(a_reply(answered(), PATH), (JAX, subject("tensorflow")), OCTOBER) == ()


def test_a_web_page_that_says_404_has_lost_its_way_and_knows_nothing_of_names() -> None:
    reply = a_reply("<!DOCTYPE html><html>No such host</html>", PATH, status=404)
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        conda.Source().parse(reply, (PYTORCH,), OCTOBER)
