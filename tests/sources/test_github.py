"""GitHub: everything in one request with a token, four a repository without, and every trap of both replies."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.domain.measure import Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import SourceUnavailable, Throttled
from bot.sources import github
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import NOW, Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
TODAY = Period(dt.datetime(2026, 11, 5, tzinfo=dt.UTC), NOW)
PYTORCH = subject("pytorch", github="pytorch/pytorch")
JAX = subject("jax", github="google/jax")
BOTH = (PYTORCH, subject("keras"), JAX)

BODY = (
    '{"query": "query { '
    'r0: repository(owner: \\"pytorch\\", name: \\"pytorch\\") { FIELDS } r1: repository(owner: \\"google\\", name: \\"jax\\") { FIELDS } '
    '}"}'
).replace(
    "FIELDS",
    "name: nameWithOwner stars: stargazerCount forks: forkCount watchers { total: totalCount } "
    "branch: defaultBranchRef { target { ... on Commit { "
    'w0: history(since: \\"2025-10-01T00:00:00Z\\", until: \\"2025-10-31T23:59:59Z\\") { total: totalCount } '
    'w1: history(since: \\"2026-09-01T00:00:00Z\\", until: \\"2026-09-30T23:59:59Z\\") { total: totalCount } '
    'w2: history(since: \\"2026-10-01T00:00:00Z\\", until: \\"2026-10-31T23:59:59Z\\") { total: totalCount } '
    "} } }",
)
REPOSITORY = "/repos/pytorch/pytorch"
COMMITS = f"{REPOSITORY}/commits?per_page=1&since=2026-10-01T00%3A00%3A00Z&until=2026-10-31T23%3A59%3A59Z"
LAST = (
    "https://api.github.com/repositories/65600975/commits"
    "?per_page=1&since=2026-10-01T00%3A00%3A00Z&until=2026-10-31T23%3A59%3A59Z&page=1450"
)
LINK = f'<{LAST[:-4]}2>; rel="next", <{LAST}>; rel="last"'
COMMIT = {"sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "commit": {"committer": {"date": "2026-10-31T23:12:00Z"}}}
GRAPHQL_METRICS = ["gh_stars", "gh_forks", "gh_watchers", "gh_commits"]


def a_repository(name: str, stars: int, forks: int, watchers: int, *commits: int) -> dict[str, Any]:
    histories = {f"w{number}": {"total": total} for number, total in enumerate(commits)}
    return {
        "name": name,
        "stars": stars,
        "forks": forks,
        "watchers": {"total": watchers},
        "branch": {"target": histories},
    }


DATA: Mapping[str, Any] = {
    "r0": a_repository("pytorch/pytorch", 95_000, 26_000, 1_750, 1_200, 1_300, 1_450),
    "r1": a_repository("google/jax", 34_000, 3_300, 320, 500, 600, 700),
}
NO_JAX = {
    "type": "NOT_FOUND",
    "path": ["r1"],
    "locations": [{"line": 1, "column": 9}],
    "message": "Could not resolve to a Repository with the name 'google/jax'.",
}


def graphql(*errors: object, **changed: object) -> str:
    told: dict[str, object] = {"data": {**DATA, **changed}}
    return json.dumps(told | {"errors": list(errors)} if errors else told)


def rest(**changed: object) -> str:
    told = {
        "id": 65600975,
        "full_name": "pytorch/pytorch",
        "stargazers_count": 95_000,
        "watchers_count": 95_000,
        "watchers": 95_000,
        "forks_count": 26_000,
        "subscribers_count": 1_750,
    }
    return json.dumps(told | changed)


def commits(*found: object, link: str = LINK) -> str:
    return f"Link: {link}\n\n{json.dumps(found)}"


EXAMPLES = [
    Example(a_reply(graphql(), BODY), BOTH),
    Example(a_reply(graphql(NO_JAX, r1=None), BODY), BOTH),
    Example(a_reply(rest(), REPOSITORY), BOTH),
    Example(a_reply(commits(COMMIT), COMMITS), BOTH),
]


def read(body: str | bytes, query: str, status: int = 200, at: dt.datetime = NOW) -> list[Observation | Missing]:
    return list(github.Source().parse(a_reply(body, query, at=at, status=status), BOTH, OCTOBER))


def values(found: list[Observation | Missing]) -> list[tuple[str, str, float]]:
    return [(seen.metric, seen.subject, seen.value) for seen in found if isinstance(seen, Observation)]


def exchanges(name: str) -> list[Answer]:
    """Recorded answers of GitHub, in their order, as the server can give them again."""
    kept = ("retry-after", "content-type", "link", "x-ratelimit-remaining", "x-ratelimit-reset")
    return [
        Answer(one["body"], one["status"], {key: value for key, value in one["headers"].items() if key.lower() in kept})
        for one in json.loads(recorded(f"github/{name}.json"))["exchanges"]
    ]


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    """Each answer once, the last for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


# With a token: GraphQL


def test_with_a_token_one_request_asks_for_everything_of_all_repositories() -> None:
    with asking(github, lambda _: Answer(graphql()), key="ghp_secret") as (client, server):
        (reply,) = github.Source().fetch(client, BOTH, OCTOBER)
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.parameters, asked.body) == ("POST", "/graphql", {}, BODY)
    assert (asked.headers["Content-Type"], asked.headers["Authorization"]) == ("application/json", "Bearer ghp_secret")
    assert (reply.query, reply.body) == (BODY, graphql().encode())


def test_nobody_to_ask_about_is_nothing_to_ask() -> None:
    with asking(github, lambda _: Answer(graphql()), key="ghp_secret") as (client, server):
        assert list(github.Source().fetch(client, (subject("keras"),), OCTOBER)) == []
    assert server.asked == []


def test_one_reply_tells_counters_of_today_and_commits_of_three_windows() -> None:
    found = read(graphql(), BODY)
    assert values(found) == [
        ("gh_stars", "pytorch", 95_000),
        ("gh_forks", "pytorch", 26_000),
        ("gh_watchers", "pytorch", 1_750),
        ("gh_commits", "pytorch", 1_200),
        ("gh_commits", "pytorch", 1_300),
        ("gh_commits", "pytorch", 1_450),
        ("gh_stars", "jax", 34_000),
        ("gh_forks", "jax", 3_300),
        ("gh_watchers", "jax", 320),
        ("gh_commits", "jax", 500),
        ("gh_commits", "jax", 600),
        ("gh_commits", "jax", 700),
    ]
    assert [seen.period for seen in found[:6]] == [TODAY, TODAY, TODAY, Period.month(2025, 10), Period.month(2026, 9), OCTOBER]
    assert found[2] == Observation(
        "gh_watchers",
        "pytorch",
        TODAY,
        1_750,
        Status.MEASURED,
        "GitHub",
        "https://github.com/pytorch/pytorch/watchers",
        NOW,
        "watchers of pytorch/pytorch, as of the reading",
        BODY,
        a_reply(graphql()).sha256,
    )
    assert found[5] == Observation(
        "gh_commits",
        "pytorch",
        OCTOBER,
        1_450,
        Status.PROVISIONAL,
        "GitHub",
        "https://github.com/pytorch/pytorch/commits/HEAD?since=2026-10-01&until=2026-10-31",
        NOW,
        "commits on the default branch of pytorch/pytorch dated from 2026-10-01 to 2026-10-31",
        BODY,
        a_reply(graphql()).sha256,
    )


def test_a_reading_at_midnight_stands_for_the_day_before() -> None:
    found = read(graphql(), BODY, at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    assert [seen.period for seen in found[:3]] == [Period.day(dt.date(2026, 10, 31))] * 3


def test_a_window_that_was_not_over_has_no_commits() -> None:
    found = read(graphql(), BODY, at=dt.datetime(2026, 10, 31, 23, 59, 59, tzinfo=dt.UTC))
    assert found[5] == Missing("gh_commits", "pytorch", OCTOBER, "GitHub was asked before October 2026 was over")
    assert isinstance(found[4], Observation)


def test_a_repository_graphql_does_not_find_is_missing_and_the_others_are_read() -> None:
    found = read(graphql(NO_JAX, r1=None), BODY)
    assert len(values(found)) == 6
    assert found[6:] == [Missing(key, "jax", OCTOBER, 'GitHub knows no repository "google/jax"') for key in GRAPHQL_METRICS]


def test_a_renamed_repository_is_missing_and_tells_its_new_name() -> None:
    found = read(graphql(r1=a_repository("jax-ml/jax", 34_000, 3_300, 320, 500, 600, 700)), BODY)
    reason = "GitHub: the repository google/jax has moved to jax-ml/jax; correct its name in the recipe"
    assert found[6:] == [Missing(key, "jax", OCTOBER, reason) for key in GRAPHQL_METRICS]


def test_a_name_in_other_capitals_is_the_same_name() -> None:
    assert len(values(read(graphql(r1=a_repository("Google/JAX", 34_000, 3_300, 320, 500, 600, 700)), BODY))) == 12


def test_an_empty_repository_has_counters_and_no_commits() -> None:
    found = read(graphql(r1=a_repository("google/jax", 1, 0, 1) | {"branch": None}), BODY)
    assert values(found[6:]) == [("gh_stars", "jax", 1), ("gh_forks", "jax", 0), ("gh_watchers", "jax", 1)]
    assert found[9] == Missing("gh_commits", "jax", OCTOBER, "GitHub: google/jax has no default branch")


@pytest.mark.parametrize("kind", ["RATE_LIMITED", "RATE_LIMIT"])
def test_a_used_up_quota_comes_as_200_and_is_left_alone_for_its_hour(kind: str) -> None:
    error = {"type": kind, "message": "API rate limit exceeded for user ID 1."}
    with pytest.raises(
        Throttled, match="GitHub says 'API rate limit exceeded for user ID 1.': the quota .* anew every hour$"
    ) as caught:
        read(json.dumps({"errors": [error]}), BODY)
    assert caught.value.until == dt.datetime(2026, 11, 5, 7, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (json.dumps({"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}), "went wrong"),
        (graphql({"type": "FORBIDDEN", "path": ["r1"], "message": "SAML enforcement"}, r1=None), "SAML enforcement"),
        (graphql(NO_JAX | {"path": ["r1", "branch"]}), "Could not resolve"),
        (graphql(NO_JAX), "tells google/jax and says there is none, or neither"),
        (graphql(r1=None), "tells google/jax and says there is none, or neither"),
        (json.dumps({"data": {"r0": DATA["r0"]}}), "does not tell the repositories"),
        (json.dumps({"data": None}), "does not tell the repositories"),
        (graphql(r1=a_repository("google/jax", 1, 1, 1, 500, 600)), "does not tell the commits of google/jax"),
        (graphql(r1=DATA["r1"] | {"stars": "34000"}), "data.r1.stars"),
    ],
)
def test_a_reply_with_an_error_or_a_hole_is_refused_whole(body: str, why: str) -> None:
    with pytest.raises(SourceUnavailable, match=why):
        read(body, BODY)


def test_the_recorded_answer_to_another_query_is_refused() -> None:
    (answer,) = exchanges("GraphQl.testQuery")
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        read(answer.body, BODY)


# Without a token: REST


def served(request: Request) -> Answer:
    return Answer(json.dumps([COMMIT]), headers={"Link": LINK}) if request.path.endswith("/commits") else Answer(rest())


def test_without_a_token_each_repository_is_asked_for_and_each_window_of_its_commits() -> None:
    clock = FakeClock()
    with asking(github, served, clock=clock) as (client, server):
        replies = list(github.Source().fetch(client, (PYTORCH, subject("keras")), OCTOBER))
    assert [(request.method, request.path, request.parameters) for request in server.asked] == [
        ("GET", REPOSITORY, {}),
        ("GET", f"{REPOSITORY}/commits", {"per_page": "1", "since": "2025-10-01T00:00:00Z", "until": "2025-10-31T23:59:59Z"}),
        ("GET", f"{REPOSITORY}/commits", {"per_page": "1", "since": "2026-09-01T00:00:00Z", "until": "2026-09-30T23:59:59Z"}),
        ("GET", f"{REPOSITORY}/commits", {"per_page": "1", "since": "2026-10-01T00:00:00Z", "until": "2026-10-31T23:59:59Z"}),
    ]
    assert {request.headers["X-GitHub-Api-Version"] for request in server.asked} == {"2022-11-28"}
    assert {request.headers["Accept"] for request in server.asked} == {"application/vnd.github+json"}
    assert all("Authorization" not in request.headers for request in server.asked)
    assert clock.slept == [1, 1, 1]
    assert [reply.query for reply in replies][::3] == [REPOSITORY, COMMITS]
    assert replies[3].body == f"Link: {LINK}\n\n".encode() + json.dumps([COMMIT]).encode()


def test_counts_of_windows_that_are_settled_are_kept_and_none_from_before() -> None:
    windows = (Period.month(2025, 10), Period.month(2026, 9), OCTOBER)  # over for a year, for 35 days, and for 4
    assert [github._commits_question(PYTORCH, window, NOW).keep_days for window in windows] == [30, 28, 0]


@pytest.mark.parametrize(("body", "query"), [(graphql(), BODY), (commits(COMMIT), COMMITS)])
def test_commits_are_provisional_for_seven_days_and_counters_never(body: str, query: str) -> None:
    settled_at = dt.datetime(2026, 11, 8, tzinfo=dt.UTC)
    for at, status in ((settled_at - dt.timedelta(seconds=1), Status.PROVISIONAL), (settled_at, Status.MEASURED)):
        told = [one for one in read(body, query, at=at) if isinstance(one, Observation)]
        assert {one.status for one in told if one.metric == "gh_commits" and one.period == OCTOBER} == {status}
        assert {one.status for one in told if one.metric != "gh_commits" or one.period != OCTOBER} <= {Status.MEASURED}


def test_watchers_are_the_subscribers_and_not_the_stars_once_more() -> None:
    assert values(read(rest(), REPOSITORY)) == [
        ("gh_stars", "pytorch", 95_000),
        ("gh_forks", "pytorch", 26_000),
        ("gh_watchers", "pytorch", 1_750),
    ]


def test_the_number_of_the_last_page_is_the_number_of_commits() -> None:
    (found,) = read(commits(COMMIT), COMMITS)
    assert isinstance(found, Observation)
    assert (found.metric, found.period, found.value, found.query) == ("gh_commits", OCTOBER, 1_450, COMMITS)
    assert found.payload_sha256 == a_reply(commits(COMMIT)).sha256


def test_a_link_by_the_repositorys_name_is_as_good_as_one_by_its_number() -> None:
    by_name = LINK.replace("/repositories/65600975", REPOSITORY)
    assert values(read(commits(COMMIT, link=by_name), COMMITS)) == [("gh_commits", "pytorch", 1_450)]


def test_no_link_means_one_commit_or_none() -> None:
    assert values(read(commits(COMMIT, link=""), COMMITS)) == [("gh_commits", "pytorch", 1)]
    assert values(read(commits(link=""), COMMITS)) == [("gh_commits", "pytorch", 0)]


@pytest.mark.parametrize(
    "body",
    [
        commits(COMMIT, COMMIT, link=""),
        commits(COMMIT, COMMIT),
        commits(),
        commits(COMMIT, link=LINK.replace("page=1450", "page=1")),
        commits(COMMIT, link=LINK.replace("page=1450", "page=x")),
        commits(COMMIT, link=LINK.replace('rel="last"', 'rel="prev"')),
        commits(COMMIT, link=LINK.replace("/commits", "/issues")),
        commits(COMMIT, link=LINK.replace("/repositories/65600975", "/repos/keras-team/keras")),
        commits(COMMIT, link=LINK.replace("2026-10-01", "2026-09-01")),
        commits(COMMIT, link=LINK.replace("per_page=1", "per_page=30")),
        json.dumps([COMMIT]),
        f"Link: {LINK}\n\n" + '{"message":"Not Found"}',
    ],
)
def test_a_page_of_commits_that_does_not_add_up_is_refused(body: str) -> None:
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        read(body, COMMITS)


def test_the_links_recorded_from_a_search_count_one_a_page_as_well() -> None:
    counted = exchanges("PaginatedList.testSearchWithCompleteResults")[3]
    link = counted.headers["link"] if "link" in counted.headers else counted.headers["Link"]
    assert json.loads(counted.body)["total_count"] == 7
    parameters = "since=2026-10-01T00%3A00%3A00Z&until=2026-10-31T23%3A59%3A59Z"
    of_commits = link.replace("/search/code?", f"{REPOSITORY}/commits?{parameters}&")
    assert values(read(commits(COMMIT, link=of_commits), COMMITS)) == [("gh_commits", "pytorch", 7)]


def test_an_unknown_repository_is_missing_and_its_commits_are_not_asked_for() -> None:
    not_found = exchanges("SpecificExceptions.testUnknownObject")[1]
    with asking(github, in_turn(not_found)) as (client, server):
        (reply,) = github.Source().fetch(client, (JAX,), OCTOBER)
    assert len(server.asked) == 1
    assert github.Source().parse(reply, BOTH, OCTOBER) == [
        Missing(key, "jax", OCTOBER, 'GitHub knows no repository "google/jax"') for key in GRAPHQL_METRICS
    ]


def test_a_renamed_repository_is_followed_and_then_missing_by_its_new_name() -> None:
    def answer(request: Request) -> Answer:
        if request.path == "/repos/google/jax":
            return Answer('{"message":"Moved Permanently"}', 301, {"Location": "/repositories/154739597"})
        return Answer(rest(full_name="jax-ml/jax"))

    with asking(github, answer) as (client, server):
        (reply,) = github.Source().fetch(client, (JAX,), OCTOBER)
    assert [request.path for request in server.asked] == ["/repos/google/jax", "/repositories/154739597"]
    reason = "GitHub: the repository google/jax has moved to jax-ml/jax; correct its name in the recipe"
    assert github.Source().parse(reply, BOTH, OCTOBER) == [Missing(key, "jax", OCTOBER, reason) for key in GRAPHQL_METRICS]


def test_commits_of_a_repository_deleted_meanwhile_are_missing() -> None:
    assert read('Link: \n\n{"message":"Not Found"}', COMMITS, status=404) == [
        Missing("gh_commits", "pytorch", OCTOBER, 'GitHub knows no repository "pytorch/pytorch"')
    ]


def test_a_reply_to_another_question_says_nothing() -> None:
    assert read(rest(), "/repos/keras-team/keras") == []
    assert read(graphql(), BODY.replace("google", "jax-ml")) == []
    assert github.Source().parse(a_reply(rest(), REPOSITORY), (subject("keras"),), OCTOBER) == ()


# Recorded troubles


def test_the_recorded_repository_comes_after_three_bad_gateways() -> None:
    pygithub = subject("pygithub", github="PyGithub/PyGithub")
    answers = exchanges("Retry.testReturnsRepoAfter3Retries")
    assert [answer.status for answer in answers] == [502, 502, 502, 200]
    clock = FakeClock(dt.datetime(2018, 12, 14, 17, 20, tzinfo=dt.UTC))
    with asking(github, in_turn(*answers), clock=clock) as (client, _):
        reply = next(iter(github.Source().fetch(client, (pygithub,), Period.month(2018, 11))))
    found = list(github.Source().parse(reply, (pygithub,), Period.month(2018, 11)))
    assert values(found) == [("gh_stars", "pygithub", 2256), ("gh_forks", "pygithub", 765), ("gh_watchers", "pygithub", 86)]
    assert clock.slept == [1, 2, 4]


def test_a_recorded_gateway_that_stays_bad_is_given_up() -> None:
    answers = exchanges("Retry.testRaisesRetryErrorAfterMaxRetries")
    with (
        asking(github, in_turn(*answers)) as (client, server),
        pytest.raises(SourceUnavailable, match="502 Bad Gateway.*Server Error"),
    ):
        list(github.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 5


def test_the_recorded_web_page_that_says_it_is_json_is_not_believed() -> None:
    (unavailable,) = exchanges("Exceptions.testNonJsonDataReturnedByGithub")
    assert (unavailable.status, unavailable.headers["content-type"]) == (503, "application/json; charset=utf-8")
    with (
        asking(github, in_turn(unavailable)) as (client, _),
        pytest.raises(SourceUnavailable, match="No server is available") as caught,
    ):
        list(github.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert "<h1>" not in str(caught.value)
    with pytest.raises(SourceUnavailable, match="it is a web page"):
        read(unavailable.body, REPOSITORY)


def test_the_recorded_charge_of_abuse_is_waited_for_a_minute() -> None:
    abuse = exchanges("SpecificExceptions.testAuthenticatedRateLimitExceeded")[1]
    assert (abuse.status, abuse.headers["Retry-After"]) == (403, "60")
    clock = FakeClock()
    with asking(github, in_turn(abuse, Answer(rest())), clock=clock) as (client, _):
        reply = next(iter(github.Source().fetch(client, (PYTORCH,), OCTOBER)))
    assert clock.slept == [60]
    assert len(values(read(reply.body, REPOSITORY))) == 3


def test_a_charge_of_abuse_that_is_kept_up_ends_the_asking() -> None:
    abuse = exchanges("SpecificExceptions.testAuthenticatedRateLimitExceeded")[1]
    clock = FakeClock()
    with asking(github, in_turn(abuse), clock=clock) as (client, server), pytest.raises(Throttled, match="abuse") as caught:
        list(github.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 3
    assert caught.value.until == NOW + dt.timedelta(seconds=60 + 60 + 60)


def test_a_used_up_quota_without_a_token_is_left_alone_until_its_reset() -> None:
    limited = Answer(
        '{"message":"API rate limit exceeded for 192.0.2.1."}',
        403,
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 1800)},
    )
    with asking(github, in_turn(limited)) as (client, server), pytest.raises(Throttled) as caught:
        list(github.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 1
    assert caught.value.until == NOW + dt.timedelta(minutes=30)


def test_the_recorded_refusal_of_a_nameless_client_is_not_asked_again() -> None:
    (refused,) = exchanges("SpecificExceptions.testBadUserAgent")
    with asking(github, in_turn(refused)) as (client, server), pytest.raises(SourceUnavailable, match="User Agent"):
        list(github.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 1
    assert server.asked[0].headers["User-Agent"].startswith("threadmill/")


@pytest.mark.parametrize("name", ["Repository.testStatisticsParticipation", "Repository.testStatisticsCodeFrequency"])
def test_a_recorded_202_is_waited_out(name: str) -> None:
    computing, _ = exchanges(name)
    assert computing.status == 202
    clock = FakeClock()
    with asking(github, in_turn(computing, Answer(rest())), clock=clock) as (client, _):
        reply = next(iter(github.Source().fetch(client, (PYTORCH,), OCTOBER)))
    assert clock.slept == [1]
    assert reply.body == rest().encode()


def test_a_recorded_reply_broken_off_is_refused() -> None:
    (broken,) = exchanges("Exceptions.testJSONParseError")
    with asking(github, in_turn(broken)) as (client, _):
        reply = next(iter(github.Source().fetch(client, (PYTORCH,), OCTOBER)))
    with pytest.raises(SourceUnavailable, match="invalid JSON"):
        github.Source().parse(reply, BOTH, OCTOBER)


def test_a_web_page_that_says_404_has_lost_its_way_and_knows_nothing_of_names() -> None:
    for query in (REPOSITORY, COMMITS):
        with pytest.raises(SourceUnavailable, match="it is a web page"):
            read("<!DOCTYPE html><html>No such host</html>", query, 404)


def test_a_link_that_is_no_address_is_refused() -> None:
    with pytest.raises(SourceUnavailable, match="is no address"):
        read(commits(COMMIT, link='<http://[>; rel="last"'), COMMITS)
