"""
Pulls of images from Docker Hub, all of them so far.

Measures Docker Hub's own counter of a repository, in pulls since it was made; a reading's period is the UTC day it was taken, up
to that instant. Docker Hub tells no history: change over time comes from earlier readings in the store. A counter is not
corrected afterwards, so no reading is provisional. The one limit known is against abuse, thousands of requests a minute. Terms:
counts are facts, name Docker Hub.

Every pull by a build or a mirror counts, so the number says more of machines than of people. Only images the projects publish
there can be compared, and JAX publishes none. `Subject.ids["dockerhub"]` is the repository ("pytorch/pytorch"; "library/nginx"
for an official image, whose page is elsewhere).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.ports import Client, Question, Reply, Service
from bot.sources import _replies

_NAME: Final = "dockerhub"
_METRIC: Final = "docker_pulls"
METRICS: Final = (
    Metric(
        key=_METRIC,
        title="Docker Hub pulls so far",
        unit=Unit.COUNT,
        noun="pulls",
        aggregation=Aggregation.LEVEL,
        measures="Pulls of the project's image from Docker Hub since the image was made, by every program that asked for it.",
        does_not_measure="Any month or year by itself: the counter only adds, and what was added comes from our own readings. "
        "People. Images from other registries and of other publishers.",
        known_biases="Automatic builds and mirrors pull again and again. An old image has had time to collect pulls.",
        short="Docker pulls",
        tolerance_days=31,
    ),
)
ORIGINS: Final = (
    Origin(
        name="Docker Hub",
        homepage="https://hub.docker.com/",
        terms="counts are published for everybody; Docker Hub is to be named",
        citation="Docker Hub, pull counts",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC; a reading stands for the day it was taken",
    depth="now; no history",
    lag="none known",
    quota="none published but against abuse, thousands a minute; asked once a second at most",
)
SERVICE: Final = Service(url="https://hub.docker.com", interval_s=1)
_UNKNOWN: Final = 404


@dataclass(frozen=True)
class _Repository:
    namespace: str
    name: str
    pull_count: _replies.Count


@dataclass(frozen=True)
class Source:
    """Asks for each repository and reads its counter."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per repository, as it is now, whatever the period: there is no other."""
        for subject in _replies.named(subjects, _NAME):
            yield client.ask(Question(_path(subject), accept=(_UNKNOWN,)))  # kept for its day only: a counter runs on

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """The repository's counter on the day it was read."""
        subject = next((one for one in _replies.named(subjects, _NAME) if _path(one) == reply.query), None)
        if subject is None:
            return ()
        if _replies.unknown(reply):
            reason = f'Docker Hub knows no repository "{subject.ids[_NAME]}"'
            return [Missing(_METRIC, subject.key, period, reason)]
        answer = _replies.read(reply, _Repository)
        if (told := f"{answer.namespace}/{answer.name}") != subject.ids[_NAME]:
            _replies.changed(reply, f"it is about {told}")
        note = f"pulls of {told} since it was made"
        return [_replies.Told(reply, ORIGINS[0]).counter(_METRIC, subject.key, answer.pull_count, _page(told), note)]


def _path(subject: Subject) -> str:
    return f"/v2/repositories/{quote(subject.ids[_NAME])}/"


def _page(repository: str) -> str:
    """Where a person sees the counter; official images have pages of their own."""
    namespace, _, name = repository.partition("/")
    return f"https://hub.docker.com/_/{name}" if namespace == "library" else f"https://hub.docker.com/r/{repository}"
