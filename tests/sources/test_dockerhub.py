"""Docker Hub: one counter per repository, read at an instant, and only if the reply is about that repository."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import SourceUnavailable, Throttled
from bot.sources import dockerhub
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
PYTORCH = subject("pytorch", dockerhub="pytorch/pytorch")
NGINX = subject("nginx", dockerhub="library/nginx")
PATH = "/v2/repositories/pytorch/pytorch/"


def answered(**changed: object) -> str:
    told = {
        "user": "pytorch",
        "name": "pytorch",
        "namespace": "pytorch",
        "status": 1,
        "description": "PyTorch is a deep learning framework",
        "is_private": False,
        "star_count": 1_300,
        "pull_count": 12_345_678,
        "last_updated": "2026-10-20T18:20:22.673554Z",
    }
    return json.dumps(told | changed)


EXAMPLES = [Example(a_reply(answered(), PATH), (PYTORCH,))]


def read(body: str | bytes, status: int = 200) -> list[Observation | Missing]:
    return list(dockerhub.Source().parse(a_reply(body, PATH, status=status), (PYTORCH,), OCTOBER))


def test_the_recorded_counter_of_nginx_is_what_it_was_on_the_28th_of_november_2016() -> None:
    at = dt.datetime(2016, 11, 28, 18, 30, tzinfo=dt.UTC)
    reply = a_reply(recorded("dockerhub/repository_nginx_2016.json"), "/v2/repositories/library/nginx/", at=at)
    assert dockerhub.Source().parse(reply, (PYTORCH, NGINX), Period.month(2016, 10)) == [
        Observation(
            "docker_pulls",
            "nginx",
            Period(dt.datetime(2016, 11, 28, tzinfo=dt.UTC), at),
            535_908_586,
            Status.MEASURED,
            "Docker Hub",
            "https://hub.docker.com/_/nginx",
            at,
            "pulls of library/nginx since it was made, as of the reading",
            "/v2/repositories/library/nginx/",
            reply.sha256,
        )
    ]


def test_a_projects_own_image_has_its_page_under_r() -> None:
    (found,) = read(answered())
    assert isinstance(found, Observation)
    assert (found.value, found.url) == (12_345_678, "https://hub.docker.com/r/pytorch/pytorch")


def test_a_reading_at_midnight_stands_for_the_day_before() -> None:
    midnight = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    (found,) = dockerhub.Source().parse(replace(a_reply(answered(), PATH), retrieved_at=midnight), (PYTORCH,), OCTOBER)
    assert found.period == Period.day(dt.date(2026, 10, 31))


def test_one_request_per_repository_a_second_apart_and_none_for_subjects_without_one() -> None:
    def answer(request: Request) -> Answer:
        _, _, _, namespace, name, _ = request.path.split("/")
        return Answer(answered(namespace=namespace, name=name))

    clock = FakeClock()
    with asking(dockerhub, answer, clock=clock) as (client, server):
        replies = list(dockerhub.Source().fetch(client, (PYTORCH, subject("jax"), NGINX), OCTOBER))
    assert clock.slept == [1]
    assert [(request.path, request.parameters) for request in server.asked] == [
        (PATH, {}),
        ("/v2/repositories/library/nginx/", {}),
    ]
    assert [reply.query for reply in replies] == [PATH, "/v2/repositories/library/nginx/"]
    assert replies[0].body == answered().encode()


def test_a_repository_nobody_knows_is_missing_by_name() -> None:
    unknown = '{"message":"object not found","errinfo":{"namespace":"pytorch","repository":"pytorch"}}'
    with asking(dockerhub, lambda _: Answer(unknown, 404)) as (client, _):
        (reply,) = dockerhub.Source().fetch(client, (PYTORCH,), OCTOBER)
    assert dockerhub.Source().parse(reply, (PYTORCH,), OCTOBER) == [
        Missing("docker_pulls", "pytorch", OCTOBER, 'Docker Hub knows no repository "pytorch/pytorch"')
    ]


@pytest.mark.parametrize("changed", [{"namespace": "library"}, {"name": "pytorch-nightly"}])
def test_another_repository_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(SourceUnavailable, match="it is about"):
        read(answered(**changed))


def test_the_list_of_a_namespace_is_no_repository() -> None:
    with pytest.raises(SourceUnavailable, match="namespace: field required"):
        read('{"count":0,"next":null,"previous":null,"results":[]}')


def test_a_reply_to_another_question_says_nothing() -> None:
    assert dockerhub.Source().parse(a_reply(answered(), PATH), (NGINX, subject("jax")), OCTOBER) == ()


def test_a_limit_is_obeyed() -> None:
    def answer(_: Request) -> Answer:
        return Answer('{"detail": "Rate limit exceeded", "error": false}', 429, {"Retry-After": "600"})

    with asking(dockerhub, answer) as (client, server), pytest.raises(Throttled, match="left alone until 2026-11-05T06:10"):
        list(dockerhub.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 1


def test_a_web_page_that_says_404_has_lost_its_way_and_knows_nothing_of_names() -> None:
    reply = a_reply("<!DOCTYPE html><html>No such host</html>", PATH, status=404)
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        dockerhub.Source().parse(reply, (PYTORCH,), OCTOBER)
