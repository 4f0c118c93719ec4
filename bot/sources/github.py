"""
Stars, forks, watchers and commits of repositories, as GitHub tells them now.

Stars, forks and watchers are counters at the instant they are read: a reading's period is that UTC day up to the instant, and
change comes from earlier readings in the store (older ones are in `github_history`, whose definitions of stars and forks hold
here). Commits are those on the default branch by the date of the commit, in UTC, for the period, the one before and that of a
year before; a branch merged late brings commits into windows that are over, so a count that is read within seven days of its
window's end is provisional (counters never are). With a token (GITHUB_TOKEN) one GraphQL request tells everything of all
repositories; without, REST takes four requests a repository. Quota: 60 requests an hour without a token, 5,000 (GraphQL: points)
with one. Terms: API use is permitted within its limits; name GitHub.

Traps, each with its place below: "watchers_count" of the REST API repeats the stars; GraphQL's errors arrive as 200; `until` is
inclusive; a renamed repository answers under its new name; the Link header names a repository by its number.
`Subject.ids["github"]` is owner and name ("pytorch/pytorch").
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn
from urllib.parse import parse_qsl, quote, urlencode

from bot.domain.measure import Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Period
from bot.errors import SourceUnavailable, Throttled
from bot.ports import Client, Key, Parameters, Question, Reply, Service
from bot.sources import _replies, _windows

_NAME: Final = "github"
_COMMITS: Final = "gh_commits"
METRICS: Final = (
    Metric(
        key="gh_watchers",
        title="GitHub watchers",
        unit=Unit.COUNT,
        noun="watchers",
        aggregation=Aggregation.LEVEL,
        beyond=1e6,
        measures="Accounts that have themselves notified of what happens in the project's main repository on GitHub.",
        does_not_measure="Use, or readers who come without a notice. What was added in a month comes from our own readings.",
        known_biases="Members of the project watch by default, and a watch is seldom ended. A single repository stands "
        "for a whole project.",
        short="GitHub watchers",
        tolerance_days=31,
    ),
    Metric(
        key=_COMMITS,
        title="Commits on GitHub",
        unit=Unit.COUNT,
        noun="commits",
        aggregation=Aggregation.TOTAL,
        beyond=1e5,
        measures="Commits on the default branch of the project's main repository that are dated in the period.",
        does_not_measure="Work: a commit may be a letter or a year's labour. Other branches and repositories do not count.",
        known_biases="Robots commit too. Projects kept in a company's own repository are copied over by a tool such as Copybara, "
        "or keep a whole family of libraries in a single place; either changes the count. A branch merged "
        "late adds commits to months already past.",
        short="GitHub commits",
    ),
)
DELIVERS: Final = ("gh_stars", "gh_forks")
"""Metrics that another room defines."""
ORIGINS: Final = (
    Origin(
        name="GitHub",
        homepage="https://github.com/",
        terms="API use is permitted within its limits; GitHub is to be named",
        citation="GitHub, counts of the repositories",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="midnight UTC; a reading of a counter stands for the day it was taken",
    depth="counters now, commits since the repository began",
    lag="none for counters; commits are provisional for seven days, and a branch merged later adds to windows long over",
    quota="60 requests an hour, 5,000 with a token; asked once a second at most",
)
SERVICE: Final = Service(
    url="https://api.github.com", interval_s=1, key=Key("GITHUB_TOKEN", header="Authorization", prefix="Bearer ")
)
_UNKNOWN: Final = 404
_REST_HEADERS: Final = {"X-GitHub-Api-Version": "2022-11-28", "Accept": "application/vnd.github+json"}
_GRAPHQL_HEADERS: Final = {"Content-Type": "application/json"}
_SETTLED_AFTER: Final = dt.timedelta(days=7)
"""For so long after its end a window is counted anew each day, for branches merged meanwhile. Our own choice."""
_KEEP_DAYS: Final = 30
"""For counts of commits that are asked for by window; answers with counters in them are kept for their day only."""
_QUOTA_WINDOW: Final = dt.timedelta(hours=1)
_LIMITED: Final = ("RATE_LIMITED", "RATE_LIMIT")
_COUNTERS: Final = {"gh_stars": "stargazers", "gh_forks": "forks", "gh_watchers": "watchers"}
"""The metrics read at an instant, and the page of a repository where a person sees each."""


@dataclass(frozen=True)
class _Total:
    total: _replies.Count


@dataclass(frozen=True)
class _Branch:
    target: dict[str, _Total]


@dataclass(frozen=True)
class _Repository:
    """One repository of a GraphQL reply, by the names our query gives its fields."""

    name: str
    stars: _replies.Count
    forks: _replies.Count
    watchers: _Total
    branch: _Branch | None


@dataclass(frozen=True)
class _Error:
    message: str
    type: str = ""
    path: list[str | int] = field(default_factory=list)


@dataclass(frozen=True)
class _Answer:
    data: dict[str, _Repository | None] | None = None
    errors: list[_Error] = field(default_factory=list)


@dataclass(frozen=True)
class _RestRepository:
    full_name: str
    stargazers_count: _replies.Count
    forks_count: _replies.Count
    subscribers_count: _replies.Count  # "watchers" and "watchers_count" are the stars once more


@dataclass(frozen=True)
class _Commit:
    sha: str


@dataclass(frozen=True)
class Source:
    """Asks for all repositories at once with a token, for one after the other without."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply with a token; without, one per repository and one for each of its windows of commits."""
        own = _replies.named(subjects, _NAME)
        if not own:
            return
        if client.has_key:
            yield client.ask(Question("/graphql", body=_body(own, period), headers=_GRAPHQL_HEADERS))
            return
        for subject in own:
            repository = client.ask(Question(_path(subject), headers=_REST_HEADERS, accept=(_UNKNOWN,)))
            yield repository
            for window in _windows.compared(period) if _is_there(repository, subject) else ():
                yield client.ask(_commits_question(subject, window, client.now))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """Counters as of the reading, and commits of the windows that were over by then."""
        own = _replies.named(subjects, _NAME)
        if own and reply.query == _body(own, period):
            return _from_graphql(reply, own, period)
        for subject in own:
            if reply.query == _path(subject):
                return _from_repository(reply, subject, period)
            for window in _windows.compared(period):
                if reply.query == _commits_address(subject, window):
                    return [_from_commits(reply, subject, window)]
        return ()


def _span(window: Period) -> tuple[str, str]:
    """`since` and `until` of a window. GitHub counts the instant `until` as well, and commits are dated by the second."""
    last = window.end - dt.timedelta(seconds=1)
    return window.start.strftime("%Y-%m-%dT%H:%M:%SZ"), last.strftime("%Y-%m-%dT%H:%M:%SZ")


def _body(subjects: Sequence[Subject], period: Period) -> str:
    """The GraphQL request for everything of these subjects: repository r0, r1, ... and in each the windows w0, w1, ..."""
    histories = " ".join(
        f'w{number}: history(since: "{since}", until: "{until}") {{ total: totalCount }}'
        for number, (since, until) in enumerate(map(_span, _windows.compared(period)))
    )
    fields = (
        "name: nameWithOwner stars: stargazerCount forks: forkCount watchers { total: totalCount } "
        f"branch: defaultBranchRef {{ target {{ ... on Commit {{ {histories} }} }} }}"
    )
    repositories = []
    for number, subject in enumerate(subjects):
        owner, _, name = subject.ids[_NAME].partition("/")
        repositories.append(f"r{number}: repository(owner: {json.dumps(owner)}, name: {json.dumps(name)}) {{ {fields} }}")
    return json.dumps({"query": f"query {{ {' '.join(repositories)} }}"})


def _from_graphql(reply: Reply, subjects: Sequence[Subject], period: Period) -> list[Observation | Missing]:
    answer = _replies.read(reply, _Answer)
    unknown = set(_unknown(answer, reply))
    aliases = [f"r{number}" for number in range(len(subjects))]
    if answer.data is None or set(answer.data) != set(aliases):
        _replies.changed(reply, "it does not tell the repositories it was asked for")
    found: list[Observation | Missing] = []
    for alias, subject in zip(aliases, subjects, strict=True):
        repository = answer.data[alias]
        if (repository is None) != (alias in unknown):
            _replies.changed(reply, f"it tells {subject.ids[_NAME]} and says there is none, or neither")
        found += _absent(subject, period) if repository is None else _from_one(repository, subject, period, reply)
    return found


def _unknown(answer: _Answer, reply: Reply) -> Iterator[str]:
    """
    The repositories GitHub does not know.

    Raises:
        Throttled: the quota is used up, which GraphQL says with a 200.
        SourceUnavailable: any other error.
    """
    for error in answer.errors:
        if error.type in _LIMITED:
            _refuse_limited(error, reply)
        if error.type != "NOT_FOUND" or len(error.path) != 1:
            _replies.changed(reply, f"GitHub reports an error, {error.message!r}")
        yield str(error.path[0])


def _refuse_limited(error: _Error, reply: Reply) -> NoReturn:
    until = reply.retrieved_at + _QUOTA_WINDOW
    raise Throttled(
        f"GitHub says {error.message!r}: the quota of the token is used up, and is given anew every hour",
        until,
    )


def _absent(subject: Subject, period: Period) -> list[Observation | Missing]:
    return _nothing(f'GitHub knows no repository "{subject.ids[_NAME]}"', subject, period)


def _moved(name: str, subject: Subject, period: Period) -> list[Observation | Missing]:
    reason = f"GitHub: the repository {subject.ids[_NAME]} has moved to {name}; correct its name in the recipe"
    return _nothing(reason, subject, period)


def _nothing(reason: str, subject: Subject, period: Period) -> list[Observation | Missing]:
    return [Missing(metric, subject.key, period, reason) for metric in (*_COUNTERS, _COMMITS)]


def _same(name: str, subject: Subject) -> bool:
    """Whether a repository goes by the name it was asked for; a renamed one answers under its new name."""
    return name.casefold() == subject.ids[_NAME].casefold()


def _from_one(repository: _Repository, subject: Subject, period: Period, reply: Reply) -> list[Observation | Missing]:
    if not _same(repository.name, subject):
        return _moved(repository.name, subject, period)
    counters = {"gh_stars": repository.stars, "gh_forks": repository.forks, "gh_watchers": repository.watchers.total}
    windows = _windows.compared(period)
    if repository.branch is None:
        return [
            *_counted(counters, subject, reply),
            Missing(_COMMITS, subject.key, period, f"GitHub: {subject.ids[_NAME]} has no default branch"),
        ]
    totals = repository.branch.target
    if set(totals) != {f"w{number}" for number in range(len(windows))}:
        _replies.changed(reply, f"it does not tell the commits of {repository.name} that it was asked for")
    commits = [_commits(totals[f"w{number}"].total, subject, window, reply) for number, window in enumerate(windows)]
    return [*_counted(counters, subject, reply), *commits]


def _path(subject: Subject) -> str:
    return f"/repos/{quote(subject.ids[_NAME])}"


def _from_repository(reply: Reply, subject: Subject, period: Period) -> list[Observation | Missing]:
    if _replies.unknown(reply):
        return _absent(subject, period)
    answer = _replies.read(reply, _RestRepository)
    if not _same(answer.full_name, subject):
        return _moved(answer.full_name, subject, period)
    counters = {
        "gh_stars": answer.stargazers_count,
        "gh_forks": answer.forks_count,
        "gh_watchers": answer.subscribers_count,
    }
    return [*_counted(counters, subject, reply)]


def _is_there(repository: Reply, subject: Subject) -> bool:
    """Whether its commits may be asked for; an unfit reply leaves that open, and parse says what is wrong with it."""
    try:
        return repository.status != _UNKNOWN and _same(_replies.read(repository, _RestRepository).full_name, subject)
    except SourceUnavailable:
        return True


def _commits_parameters(window: Period) -> Parameters:
    since, until = _span(window)
    return {"per_page": 1, "since": since, "until": until}


def _commits_address(subject: Subject, window: Period) -> str:
    return f"{_path(subject)}/commits?{urlencode(dict(_commits_parameters(window)))}"


def _commits_question(subject: Subject, window: Period, now: dt.datetime) -> Question:
    """One commit a page, so that the number of the last page, in the Link header, is the number of commits."""
    return Question(
        f"{_path(subject)}/commits",
        _commits_parameters(window),
        headers=_REST_HEADERS,
        accept=(_UNKNOWN,),
        head=("Link",),
        keep_days=_windows.keep_days(window.end, _SETTLED_AFTER, now, _KEEP_DAYS),
    )


def _from_commits(reply: Reply, subject: Subject, window: Period) -> Observation | Missing:
    if _replies.unknown(reply):
        return Missing(_COMMITS, subject.key, window, f'GitHub knows no repository "{subject.ids[_NAME]}"')
    headers, body = _replies.head(reply, ("Link",))
    commits = _replies.read(reply, list[_Commit], body)
    if len(commits) > 1:
        _replies.changed(reply, f"it tells {len(commits)} commits on a page of one")
    if not headers["Link"]:
        return _commits(len(commits), subject, window, reply)
    last = _last_page(headers["Link"], subject, window, reply)
    if last < 2 or not commits:
        _replies.changed(reply, f"its last page is number {last} and its own has {len(commits)} commits")
    return _commits(last, subject, window, reply)


def _last_page(link: str, subject: Subject, window: Period, reply: Reply) -> int:
    """
    The number of the last page of commits.

    GitHub links by the repository's number: a reply to /repos/rails/rails/issues leads to /repositories/8514/issues.
    """
    found = re.search(r'<([^<>]*)>\s*;\s*rel="last"', link)
    parts = _replies.address(reply, found[1] if found else "")
    told = dict(parse_qsl(parts.query))
    wanted = {name: str(value) for name, value in _commits_parameters(window).items()}
    by_number = re.fullmatch(r"/repositories/[0-9]+/commits", parts.path)
    if not (by_number or parts.path == f"{_path(subject)}/commits") or wanted.items() - told.items():
        _replies.changed(reply, "its Link header does not lead to the last page of these commits")
    if not re.fullmatch(r"[0-9]{1,9}", told.get("page", "")):
        _replies.changed(reply, "its Link header does not number the last page")
    return int(told["page"])


def _counted(counters: Mapping[str, int], subject: Subject, reply: Reply) -> Iterator[Observation]:
    """The counters at the instant of the reading."""
    repository, told = subject.ids[_NAME], _replies.Told(reply, ORIGINS[0])
    for metric, count in counters.items():
        page = f"https://github.com/{repository}/{_COUNTERS[metric]}"
        yield told.counter(metric, subject.key, count, page, f"{_COUNTERS[metric]} of {repository}")


def _commits(count: int, subject: Subject, window: Period, reply: Reply) -> Observation | Missing:
    """The commits of a window that was over when they were counted."""
    if reply.retrieved_at < window.end:
        return Missing(_COMMITS, subject.key, window, f"GitHub was asked before {window} was over")
    repository = subject.ids[_NAME]
    first, last = window.start.date().isoformat(), window.last_day.isoformat()
    page = f"https://github.com/{repository}/commits/HEAD?since={first}&until={last}"
    note = f"commits on the default branch of {repository} dated from {first} to {last}"
    status = _windows.status(window.end, _SETTLED_AFTER, reply.retrieved_at)
    return _replies.Told(reply, ORIGINS[0]).figure(_COMMITS, subject.key, window, count, page, note, status)
