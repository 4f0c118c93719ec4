"""Hacker News: the month's thread is found by its title, every post is read, and names are whole words of what a reader sees."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from bot.domain.measure import WHOLE, Aggregation, Missing, Observation, Status
from bot.domain.period import Period
from bot.errors import BadRecipe, SourceUnavailable
from bot.ports import Reply
from bot.sources import hn_hiring
from bot.sources.hn_hiring import METRICS, Source
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example
from tests.sources.services import Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER, SEPTEMBER, YEAR_AGO = Period.month(2026, 10), Period.month(2026, 9), Period.month(2025, 10)
OPENED = dt.datetime(2026, 10, 1, 15, 0, tzinfo=dt.UTC)
STORY = 4500
QUERY = "/v0/item/4500.json; thread of 2026-10"
PYTORCH, JAX, COBOL = (
    subject("pytorch", hn_hiring="PyTorch|torch"), subject("jax", hn_hiring="JAX"), subject("cobol", hn_hiring="COBOL")
)  # fmt: skip
BOTH = subject("both", ("pytorch", "jax"))
Json = dict[str, object]


def story(number: int = STORY, month: Period = OCTOBER, kids: tuple[int, ...] = (), **changed: object) -> Json:
    opened = month.start + dt.timedelta(hours=15)
    return {"by": "whoishiring", "descendants": 9, "id": number, "kids": list(kids), "score": 350, "text": "State the location",
            "time": int(opened.timestamp()), "title": f"Ask HN: Who is hiring? ({month.name})", "type": "story"} | changed  # fmt: skip


def post(number: int, text: str, parent: int = STORY, **changed: object) -> Json:
    return {
        "by": "acme",
        "id": number,
        "kids": [1],
        "parent": parent,
        "text": text,
        "time": 1790870000,
        "type": "comment",
    } | changed


def gone(number: int) -> Json:
    return {"deleted": True, "id": number, "parent": STORY, "time": 1790870000, "type": "comment"}


def joined(*items: Json | None) -> str:
    return "\n".join(json.dumps(item) for item in items)


POSTS = (
    post(4501, "Acme | ML | Paris<p>We use PyTorch &amp; CUDA.<p>JAX a plus"),
    post(4502, "<i>TORCH</i> or bust"),
    gone(4503),
    None,
    post(4505, "pytorch, killed", dead=True),
    post(4506, "Ajax and torchvision, and jax"),
)
KIDS = tuple(range(4501, 4507))
THREAD = joined(story(kids=KIDS), *POSTS)
# A text has no check value: another text is another post. So these posts name nothing, whichever of them is spoilt.
SILENT = joined(story(kids=(4501, 4502, 4503, 4504)), post(4501, "Java"), gone(4502), None, post(4504, "Go", dead=True))
EXAMPLES = [Example(a_reply(SILENT, QUERY), (COBOL,)), Example(a_reply(joined(story()), QUERY), (COBOL, JAX))]


def read(body: str, *subjects: object, query: str = QUERY, at: dt.datetime | None = None) -> list[Observation | Missing]:
    reply = a_reply(body, query) if at is None else a_reply(body, query, at=at)
    return list(Source().parse(reply, subjects or (PYTORCH, JAX, COBOL, BOTH), OCTOBER))  # type: ignore[arg-type]


def values(found: list[Observation | Missing]) -> dict[tuple[str, str], float]:
    return {(seen.metric, seen.subject): seen.value for seen in found if isinstance(seen, Observation)}


def names(text: str, labels: str) -> bool:
    found = read(joined(story(kids=(4501,)), post(4501, text)), subject("it", hn_hiring=labels))
    return values(found)["hn_jobs_posts", "it"] == 1


def test_posts_that_are_there_are_counted_and_a_group_counts_each_once() -> None:
    assert values(read(THREAD)) == {
        ("hn_jobs_posts", WHOLE): 3,
        ("hn_jobs_posts", "pytorch"): 2,
        ("hn_jobs", "pytorch"): 200 / 3,
        ("hn_jobs_posts", "jax"): 1,
        ("hn_jobs", "jax"): 100 / 3,
        ("hn_jobs_posts", "cobol"): 0,
        ("hn_jobs", "cobol"): 0,
        ("hn_jobs_posts", "both"): 2,
        ("hn_jobs", "both"): 200 / 3,
    }


def test_a_figure_says_where_to_see_it_and_what_was_looked_for() -> None:
    seen = read(THREAD, PYTORCH)[2]
    assert seen == Observation(
        metric="hn_jobs",
        subject="pytorch",
        period=OCTOBER,
        value=200 / 3,
        status=Status.MEASURED,
        origin="Hacker News",
        url="https://news.ycombinator.com/item?id=4500",
        retrieved_at=a_reply("").retrieved_at,
        note="2 of 3 posts name PyTorch or torch; thread 4500, opened 1 Oct 2026",
        query=QUERY,
        payload_sha256=a_reply(THREAD).sha256,
    )


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        ("we like pytorch.", "PyTorch", True),
        ("PyTorch/TensorFlow", "pytorch", True),
        ("pytorch_lightning", "PyTorch", False),
        ("PyTorch2", "PyTorch", False),
        ("torchvision", "torch", False),
        ("blowtorch", "torch", False),
        ("Ajax", "JAX", False),
        ("jax", "JAX", False),
        ("(JAX)", "JAX", True),
        ("C++, Rust", "C++", True),
        ("C++17", "C++", False),
        ("C only", "C++", False),
        ("C# and .NET", ".NET", True),
        ("ASP.NET", ".NET", False),
        (".net", ".NET", False),
        ("NodeXjs", "Node.js", False),
        ("node.js", "Node.js", True),
        ("Node.jsx", "Node.js", False),
        ("scikit learn", "scikit-learn|scikit learn", True),
        ("scikit<p>learn", "scikit learn", True),
        ("a (b", "(b", True),
        ("anything", ".*", False),
        ("R&amp;D in R", "R", True),
        ("caf&#x27; PyTorch&#x2F;JAX", "JAX", True),
        ('<a href="https:&#x2F;&#x2F;pytorch.org" rel="nofollow">jobs</a>', "PyTorch", False),
        ('<a href="x">https:&#x2F;&#x2F;pytorch.org&#x2F;...</a>', "PyTorch", True),
        ("&lt;PyTorch&gt;", "PyTorch", True),
        ("Ünpytorch", "pytorch", False),
    ],
)
def test_a_name_is_found_as_a_whole_word_of_what_a_reader_sees(text: str, labels: str, found: bool) -> None:
    assert names(text, labels) is found


def test_a_post_of_nothing_but_tags_is_no_post() -> None:
    assert values(read(joined(story(kids=(4501, 4502)), post(4501, "<p> &nbsp;"), post(4502, "Go"))))["hn_jobs_posts", WHOLE] == 1


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (dt.timedelta(days=14) - dt.timedelta(seconds=1), Status.PROVISIONAL),
        (dt.timedelta(days=14), Status.MEASURED),
    ],
)
def test_a_thread_is_provisional_for_two_weeks(age: dt.timedelta, status: Status) -> None:
    assert {seen.status for seen in read(THREAD, at=OPENED + age) if isinstance(seen, Observation)} == {status}


def test_a_thread_without_posts_has_a_count_and_no_share() -> None:
    assert read(joined(story()), JAX)[1:] == [
        replace(read(joined(story()), JAX)[0], subject="jax", note="0 of 0 posts name JAX; thread 4500, opened 1 Oct 2026"),
        Missing("hn_jobs", "jax", OCTOBER, "Hacker News: the month's thread has no posts"),
    ]


def test_subjects_without_names_and_groups_with_a_nameless_member_have_no_figure() -> None:
    lone = subject("lone", ("jax", "nameless"))
    found = read(THREAD, JAX, subject("nameless"), subject("blank", hn_hiring=" | "), lone)
    assert {seen.subject for seen in found} == {WHOLE, "jax"}
    with pytest.raises(BadRecipe, match='member "jax"'):
        read(THREAD, lone)


def test_a_group_with_names_of_its_own_goes_by_them() -> None:
    own = subject("own", ("jax",), hn_hiring="torchvision")
    assert values(read(THREAD, JAX, own))["hn_jobs_posts", "own"] == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (joined(story(kids=KIDS), *POSTS[:-1]), "5 posts are told of 6"),
        (joined(story(kids=KIDS[:-1]), *POSTS), "6 posts are told of 5"),
        (joined(story(kids=KIDS), *POSTS[::-1]), "comment 4506 stands where post 4501"),
        (joined(story(kids=(4501,)), post(4501, "x", parent=4499)), "stands where post 4501"),
        (joined(story(kids=(4501, 4501)), post(4501, "x"), post(4501, "x")), "twice"),
        (joined(story(kids=(4501,)), post(4501, "")), "post 4501 has no text"),
        (joined(story(kids=(4501,)), post(4501, "x", deleted=0)), "neither deleted or dead nor not"),
        (joined(story(4499)), "item 4499 of 1 Oct 2026 is another"),
        (joined(story(month=SEPTEMBER)), "it is not the story"),
        (joined(story(by="jl")), "it is not the story"),
        (joined(story(type="poll")), "it is not the story"),
        (joined(story(title="Ask HN: Who wants to be hired? (October 2026)")), "it is not the story"),
        (joined(story(time=0)), "item 4500 of 1 Jan 1970 is another"),
        ("null", "it is not the story"),
        (f"{joined(story())},{joined(story())}", "2 items stand where one should be"),
        ("<html>", "web page"),
    ],
)
def test_a_thread_that_is_not_whole_or_another_is_refused(body: str, reason: str) -> None:
    with pytest.raises(SourceUnavailable, match=reason):
        read(body)


def test_the_recorded_items_have_the_shape_and_are_no_such_thread() -> None:
    for name in ("story_8863", "comment_2921983", "poll_126809", "pollopt_160705", "job_192327"):
        item = json.dumps(json.loads(recorded(f"hackernews/item_{name}.json")))
        with pytest.raises(SourceUnavailable, match="it is not the story"):
            read(item)


def test_a_recorded_comment_is_a_post_like_any_other() -> None:
    comment = json.loads(recorded("hackernews/item_comment_2921983.json"))  # "... I'll keep writing if you keep reading. K?"
    body = joined(story(2921506, kids=(2921983,)), comment)
    found = read(body, subject("k", hn_hiring="K"), subject("p", hn_hiring="p"), query="/v0/item/2921506.json; thread of 2026-10")
    assert values(found)["hn_jobs", "k"] == 100
    assert values(found)["hn_jobs", "p"] == 0  # "<p>Tell you what" is a tag


class HackerNews:
    """The service in small: three months with their threads, others of the account between them, and items that are gone."""

    def __init__(self, *items: Json | None) -> None:
        self.items = {item["id"]: item for item in items if item is not None}
        self.submitted: list[object] = [5000, 4600, STORY, 4490, 4000, 3900, 1200, 1100, 1000, 900, 800]

    def __call__(self, request: Request) -> Answer:
        if request.path == "/v0/user/whoishiring.json":
            about = {"about": "", "created": 1302, "id": "whoishiring", "karma": 1, "submitted": self.submitted}
            return Answer(json.dumps(about))
        number = int(request.path.removeprefix("/v0/item/").removesuffix(".json"))
        return Answer(json.dumps(self.items.get(number)), gzipped=True)


NOVEMBER = Period.month(2026, 11)
WANTED = "Ask HN: Who wants to be hired? ({})"


def hacker_news(*more: Json) -> HackerNews:
    return HackerNews(
        story(5000, NOVEMBER),
        story(4600, OCTOBER, title=WANTED.format("October 2026")),
        story(kids=KIDS),
        *POSTS,
        story(4490, OCTOBER, title="Ask HN: Freelancer? Seeking freelancer? (October 2026)"),
        story(4000, SEPTEMBER, kids=(4001,)),
        post(4001, "JAX", parent=4000),
        {"deleted": True, "id": 3900, "time": 1, "type": "story"},
        story(1200, YEAR_AGO),
        story(1000, Period.month(2025, 9)),
        *more,
    )


def test_the_threads_of_the_month_and_what_it_is_compared_with_are_read_whole() -> None:
    service = hacker_news()
    with asking(hn_hiring, service) as (client, server):
        replies = list(Source().fetch(client, (JAX, subject("nameless")), OCTOBER))
    assert [reply.query for reply in replies] == [
        QUERY,
        "/v0/item/4000.json; thread of 2026-09",
        "/v0/item/1200.json; thread of 2025-10",
    ]
    assert replies[0].body.decode() == THREAD
    asked = [request.path for request in server.asked]
    assert asked[0] == "/v0/user/whoishiring.json"
    assert {f"/v0/item/{kid}.json" for kid in (*KIDS, 4001, 4600, 1000)} <= set(asked)
    assert all(request.method == "GET" and not request.parameters for request in server.asked)
    found = [seen for reply in replies for seen in Source().parse(reply, (JAX,), OCTOBER)]
    assert [(seen.period.key, seen.value) for seen in found if isinstance(seen, Observation) and seen.metric == "hn_jobs"] == [
        ("2026-10", 100 / 3),
        ("2026-09", 100),
    ]


def test_the_search_ends_before_the_oldest_month() -> None:
    service = hacker_news()
    service.submitted += list(range(700, 400, -1))
    with asking(hn_hiring, service) as (client, server):
        list(Source().fetch(client, (JAX,), OCTOBER))
    assert "/v0/item/401.json" not in {request.path for request in server.asked}


def test_a_month_without_a_thread_is_missing_by_its_title() -> None:
    service = hacker_news()
    del service.items[4000]
    with asking(hn_hiring, service) as (client, _):
        replies = list(Source().fetch(client, (JAX,), OCTOBER))
    assert replies[1].query == "/v0/user/whoishiring.json; thread of 2026-09"
    reason = 'Hacker News: whoishiring has opened no thread "Ask HN: Who is hiring? (September 2026)"'
    assert Source().parse(replies[1], (JAX,), OCTOBER) == [
        Missing("hn_jobs_posts", WHOLE, SEPTEMBER, reason),
        Missing("hn_jobs_posts", "jax", SEPTEMBER, reason),
        Missing("hn_jobs", "jax", SEPTEMBER, reason),
    ]


def test_one_post_that_cannot_be_had_fails_its_thread_and_leaves_the_ones_before() -> None:
    service = hacker_news()

    def answer(request: Request) -> Answer:
        return Answer(b"", 404) if request.path == "/v0/item/4001.json" else service(request)

    with asking(hn_hiring, answer) as (client, _):
        replies = iter(Source().fetch(client, (JAX,), OCTOBER))
        assert next(replies).query == QUERY
        with pytest.raises(SourceUnavailable, match="404"):
            next(replies)


@pytest.mark.parametrize("body", ["", " ", '{"id": 4501,\n "type": "comment"}', "<html><body>maintenance</body></html>"])
def test_a_post_that_is_not_one_line_of_json_fails_its_thread(body: str) -> None:
    service = hacker_news()

    def answer(request: Request) -> Answer:
        return Answer(body) if request.path == "/v0/item/4501.json" else service(request)

    with asking(hn_hiring, answer) as (client, _), pytest.raises(SourceUnavailable):
        Source().parse(next(iter(Source().fetch(client, (JAX,), OCTOBER))), (JAX,), OCTOBER)


def test_another_item_than_the_one_asked_for_is_refused() -> None:
    service = hacker_news()
    service.items[5000] = story(5001, NOVEMBER)
    with asking(hn_hiring, service) as (client, _), pytest.raises(SourceUnavailable, match="it is about item 5001"):
        list(Source().fetch(client, (JAX,), OCTOBER))


def test_two_threads_of_one_month_are_refused() -> None:
    service = hacker_news(story(1100, YEAR_AGO))
    with asking(hn_hiring, service) as (client, _), pytest.raises(SourceUnavailable, match="two threads, 1200 and 1100"):
        list(Source().fetch(client, (JAX,), OCTOBER))


@pytest.mark.parametrize("change", [{"id": "jl"}, {"submitted": None}, {"submitted": ["1"]}])
def test_an_account_that_is_another_or_of_another_shape_is_refused(change: Json) -> None:
    def answer(request: Request) -> Answer:
        return Answer(json.dumps({"id": "whoishiring", "submitted": []} | change))

    with asking(hn_hiring, answer) as (client, _), pytest.raises(SourceUnavailable, match="not what its documentation"):
        list(Source().fetch(client, (JAX,), OCTOBER))


@pytest.mark.parametrize("period", [Period.year(2026), Period.week(2026, 40), Period.day(dt.date(2026, 10, 1))])
def test_reports_by_anything_but_the_month_and_reports_without_names_ask_nothing(period: Period) -> None:
    with asking(hn_hiring, hacker_news()) as (client, server):
        assert list(Source().fetch(client, (JAX,), period)) == []
        assert list(Source().fetch(client, (subject("nameless"),), OCTOBER)) == []
    assert server.asked == []


@pytest.mark.parametrize(("days", "keep_days"), [(0, 0), (13, 0), (15, 0), (16, 1), (30, 15), (45, 30), (400, 30)])
def test_no_answer_from_when_a_thread_still_filled_is_taken_for_a_later_one(days: int, keep_days: int) -> None:
    asked: dict[str, int] = {}
    service = hacker_news()
    clock = FakeClock(OPENED + dt.timedelta(days=days))
    with asking(hn_hiring, service, clock=clock) as (client, _):

        class Watched:
            has_key, now, pause = client.has_key, client.now, client.pause

            def ask(self, question):  # type: ignore[no-untyped-def]
                asked[question.path] = question.keep_days
                return client.ask(question)

            def ask_all(self, questions):  # type: ignore[no-untyped-def]
                return iter([self.ask(question) for question in questions])

        next(iter(Source().fetch(Watched(), (JAX,), OCTOBER)))
    assert {asked[f"/v0/item/{number}.json"] for number in (STORY, *KIDS)} == {keep_days}
    assert asked["/v0/user/whoishiring.json"] == 0


def test_a_joined_reply_is_as_old_as_its_oldest_part() -> None:
    clock = FakeClock()
    service, before = hacker_news(), clock.at

    def answer(request: Request) -> Answer:
        if request.path in {f"/v0/item/{kid}.json" for kid in KIDS}:
            clock.at += dt.timedelta(seconds=1)
        return service(request)

    with asking(hn_hiring, answer, clock=clock) as (client, _):
        reply = next(iter(Source().fetch(client, (JAX,), OCTOBER)))
    assert clock.at > before
    assert reply.retrieved_at == before


def test_a_reply_of_somebody_else_has_no_figures() -> None:
    assert Source().parse(Reply(b"{}", "https://example.org/", "/v0/item/1.json", OPENED), (JAX,), OCTOBER) == ()


def test_a_share_names_its_base_and_is_a_sample_of_job_posts() -> None:
    posts, share = METRICS
    assert (share.base, share.sample, share.aggregation) == (posts.key, True, Aggregation.EVENT)
