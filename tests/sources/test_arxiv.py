"""arXiv: a count is believed where the feed repeats the question, and an error is never one paper."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pytest

from bot.domain.measure import Missing, Observation, Status, Subject
from bot.domain.period import Period
from bot.errors import BadInput, SourceUnavailable, Throttled
from bot.sources import arxiv
from bot.sources._windows import compared
from tests.sources.conftest import subject
from tests.sources.fuzzing import FOREIGN_BODIES, Example
from tests.sources.services import NOW, Answer, FakeClock, Request, a_reply, asking, recorded

OCTOBER = Period.month(2026, 10)
PYTORCH = subject("pytorch", arxiv="pytorch")
JAX = subject("jax", arxiv="jax library|google-jax")
ASKED = '(ti:"pytorch" OR abs:"pytorch") AND submittedDate:[202610010000 TO 202610312359]'
ECHO = '(ti:"pytorch" OR abs:"pytorch") AND submittedDate:"202610010000 TO 202610312359"'
ENTRY = "<entry><id>http://arxiv.org/abs/2610.01234v1</id><title>A paper</title></entry>"


def query(words: str = ASKED) -> str:
    return "/api/query?" + urlencode({"search_query": words, "start": 0, "max_results": 1})


def title(echo: str = ECHO, rest: str = "&id_list=&start=0&max_results=1") -> str:
    return f"arXiv Query: search_query={echo}{rest}"


def feed(total: object = 1234, title: str = title(), entries: str = ENTRY, start: object = 0, size: object = 1) -> str:
    """A feed in the shape of the recorded ones."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/oqaUC9OB2SccftmJHZqrxySXrao</id>
  <title>{escape(title)}</title>
  <updated>2026-11-05T06:00:00Z</updated>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
  {entries}
</feed>
"""


EXAMPLES = [Example(a_reply(feed(), query()), (PYTORCH,))]


def read(
    body: str | bytes,
    words: str = ASKED,
    subjects: tuple[Subject, ...] = (PYTORCH,),
    period: Period = OCTOBER,
    at: dt.datetime = NOW,
) -> list[Observation | Missing]:
    return list(arxiv.Source().parse(a_reply(body, query(words), at=at), subjects, period))


def value(found: list[Observation | Missing]) -> float:
    (only,) = found
    assert isinstance(only, Observation)
    return only.value


def test_a_month_is_the_number_of_papers_the_feed_counts() -> None:
    (seen,) = read(feed())
    assert isinstance(seen, Observation)
    assert (seen.metric, seen.subject, seen.period, seen.value) == ("arxiv_mentions", "pytorch", OCTOBER, 1234)
    assert seen.query == query()
    assert seen.payload_sha256 == a_reply(feed()).sha256
    assert ASKED in seen.note
    assert seen.url == (
        "https://arxiv.org/search/advanced?advanced=&terms-0-operator=AND&terms-0-term=%22pytorch%22&terms-0-field=title"
        "&terms-1-operator=OR&terms-1-term=%22pytorch%22&terms-1-field=abstract&date-filter_by=date_range"
        "&date-from_date=2026-10-01&date-to_date=2026-11-01&date-date_type=submitted_date_first&size=50&order=-announced_date_first"
    )


def test_three_windows_are_asked_for_each_term_one_every_three_seconds() -> None:
    def answer(request: Request) -> Answer:
        return Answer(feed(title=title(request.parameters["search_query"])))

    clock = FakeClock()
    with asking(arxiv, answer, clock=clock) as (client, server):
        replies = list(arxiv.Source().fetch(client, (PYTORCH, subject("mxnet")), OCTOBER))
    assert [(request.path, request.parameters) for request in server.asked] == [
        (
            "/api/query",
            {"search_query": f'(ti:"pytorch" OR abs:"pytorch") AND submittedDate:[{dates}]', "start": "0", "max_results": "1"},
        )
        for dates in ("202510010000 TO 202510312359", "202609010000 TO 202609302359", "202610010000 TO 202610312359")
    ]
    assert clock.slept == [3, 3]
    assert replies[-1].query == query()
    assert [value(list(arxiv.Source().parse(reply, (PYTORCH,), OCTOBER))) for reply in replies] == [1234, 1234, 1234]


def test_only_windows_that_ended_two_months_ago_are_kept_for_long() -> None:
    windows = {window: arxiv._question(PYTORCH, window, NOW).keep_days for window in compared(OCTOBER)}
    assert windows == {Period.month(2025, 10): 30, Period.month(2026, 9): 0, OCTOBER: 0}


def test_a_window_is_provisional_for_sixty_days() -> None:
    end = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    statuses = []
    for days in (4, 59, 60):
        (seen,) = read(feed(), at=end + dt.timedelta(days=days))
        assert isinstance(seen, Observation)
        statuses.append(seen.status)
    assert statuses == [Status.PROVISIONAL, Status.PROVISIONAL, Status.MEASURED]


def test_a_window_that_is_not_over_has_no_figure() -> None:
    assert read(feed(), at=dt.datetime(2026, 10, 31, 23, 59, tzinfo=dt.UTC)) == [
        Missing("arxiv_mentions", "pytorch", OCTOBER, "arXiv: October 2026 was not over when it was asked for")
    ]


def test_nought_papers_is_a_figure() -> None:
    assert value(read(feed(0, entries=""))) == 0


def test_several_spellings_are_one_question() -> None:
    asked = (
        '(ti:"jax library" OR abs:"jax library" OR ti:"google-jax" OR abs:"google-jax") '
        "AND submittedDate:[202610010000 TO 202610312359]"
    )
    echo = asked.replace('"google-jax"', "google-jax").replace("[", '"').replace("]", '"')
    assert value(read(feed(12, title(echo)), asked, (JAX,))) == 12


@pytest.mark.parametrize(
    "echo",
    [
        ASKED,
        ECHO,
        "(ti:pytorch OR abs:pytorch) AND submittedDate:[202610010000 TO 202610312359]",
        '( ti:"pytorch" OR  abs:"pytorch" ) AND submittedDate:"202610010000 TO  202610312359" ',
    ],
)
def test_an_echo_in_other_clothes_is_the_same_query(echo: str) -> None:
    assert value(read(feed(title=title(echo)))) == 1234


@pytest.mark.parametrize(
    "echo",
    [
        "",
        "all:pytorch",
        '(ti:"pytorch" OR abs:"pytorch")',
        'ti:"pytorch" OR abs:"pytorch" AND submittedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" AND abs:"pytorch") AND submittedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" OR abs:"pytorch") OR submittedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" OR abs:"torch") AND submittedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" OR all:"pytorch") AND submittedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" OR abs:"pytorch") AND lastUpdatedDate:"202610010000 TO 202610312359"',
        '(ti:"pytorch" OR abs:"pytorch") AND submittedDate:"202610010000 TO 2610312359"',
        '(ti:"pytorch" OR abs:"pytorch") AND submittedDate:"202609010000 TO 202610312359"',
        '(ti:"pytorch" OR abs:"pytorch") AND submittedDate:"202610010000 TO 202610312359" OR all:torch',
    ],
)
def test_an_echo_of_another_query_is_refused(echo: str) -> None:
    with pytest.raises(SourceUnavailable, match="another query"):
        read(feed(title=title(echo)))


def test_a_phrase_that_came_apart_into_words_is_another_query() -> None:
    asked = '(ti:"jax library" OR abs:"jax library") AND submittedDate:[202610010000 TO 202610312359]'
    echo = "(ti:jax OR all:library OR abs:jax OR all:library) AND submittedDate:[202610010000 TO 202610312359]"
    with pytest.raises(SourceUnavailable, match="another query"):
        read(feed(title=title(echo)), asked, (subject("jax", arxiv="jax library"),))


@pytest.mark.parametrize("rest", ["", "&id_list=2610.01234&start=0&max_results=1", "&id_list=&start=0&max_results=10"])
def test_an_echo_with_other_parameters_is_refused(rest: str) -> None:
    with pytest.raises(SourceUnavailable, match="another query"):
        read(feed(title=title(rest=rest)))


@pytest.mark.parametrize(
    "error",
    [
        "<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title><summary>incorrect id</summary></entry>",
        "<entry><id>http://arxiv.org/api/errors</id><title>Oh</title><summary>incorrect id</summary></entry>",
    ],
)
def test_an_error_is_not_one_paper(error: str) -> None:
    with pytest.raises(SourceUnavailable, match="it is an error: incorrect id"):
        read(feed(1, entries=error))


def test_a_refused_question_is_told_in_arxivs_words() -> None:
    error = "<entry><id>http://arxiv.org/api/errors</id><title>Error</title><summary>start must be an integer</summary></entry>"
    with (
        asking(arxiv, lambda _: Answer(feed(1, entries=error), 400)) as (client, server),
        pytest.raises(SourceUnavailable, match="arxiv answered 400"),
    ):
        list(arxiv.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert len(server.asked) == 1


def test_a_bare_429_leaves_arxiv_alone_for_an_hour() -> None:
    clock = FakeClock()
    with (
        asking(arxiv, lambda _: Answer("Rate exceeded.", 429), clock=clock) as (client, server),
        pytest.raises(Throttled) as caught,
    ):
        list(arxiv.Source().fetch(client, (PYTORCH,), OCTOBER))
    assert caught.value.until == clock.at + dt.timedelta(hours=1)
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (feed(entries=""), "counts 1234 papers and shows 0"),
        (feed(0), "counts 0 papers and shows 1"),
        (feed(entries=ENTRY * 2), "shows 2"),
        (feed(start=10), "from 10"),
        (feed(size=100), "100 a page"),
        (feed(""), "totalResults is not there"),
        (feed("1,234"), "totalResults is 1,234"),
        (feed("-1"), "totalResults is -1"),
        (feed("1e3"), "totalResults is 1e3"),
        (feed("9" * 30), "totalResults is 9"),
        (feed().replace("totalResults", "results"), "totalResults is not there"),
        (feed("12</opensearch:totalResults><opensearch:totalResults>13"), "totalResults is 12 and 13"),
        (feed().replace("<feed", "<rss").replace("</feed>", "</rss>"), "no Atom feed"),
        (feed().replace(title().replace("&", "&amp;"), ""), "another query"),
    ],
)
def test_a_feed_that_does_not_add_up_is_refused(body: str, reason: str) -> None:
    with pytest.raises(SourceUnavailable, match=reason):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "12"><!ENTITY b "&a;&a;&a;">]>' + feed("&b;").partition("?>")[2],
        '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + feed("&a;").partition("?>")[2],
        '<?xml version="1.0" encoding="klingon"?>' + feed().partition("?>")[2],
        feed() + "<feed/>",
        feed()[:-9],
    ],
)
def test_xml_that_is_not_plain_and_whole_is_refused(body: str) -> None:
    with pytest.raises(SourceUnavailable, match="it is no plain XML"):
        read(body)


@pytest.mark.parametrize("body", FOREIGN_BODIES)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(SourceUnavailable, match="not what its documentation describes"):
        read(body)


@pytest.mark.parametrize("term", ['torch" OR all:"deep', "torch)", "ti:torch", "torch|", "", " ", "-torch", "torché", "a\x00b"])
def test_a_term_that_could_leave_its_quotes_is_refused(term: str) -> None:
    with (
        asking(arxiv, lambda _: Answer(feed())) as (client, server),
        pytest.raises(BadInput, match="Correct the id in the recipe"),
    ):
        list(arxiv.Source().fetch(client, (subject("x", arxiv=term),), OCTOBER))
    assert server.asked == []


def test_a_reply_about_nobody_here_says_nothing() -> None:
    assert read(feed(), subjects=(subject("mxnet"), JAX)) == []
    assert read(feed(), period=Period.month(2026, 8)) == []


def recorded_feed(name: str) -> str:
    return str(json.loads(recorded(f"arxiv/{name}.json"))["body"])


def test_recorded_feeds_are_read_once_they_repeat_our_question() -> None:
    one = recorded_feed("id_1605.08386_s0_m100_199195aa31ad")
    none = recorded_feed("id_0000.0000_s0_m100_8b51d9633a68")
    ours = title().replace("&", "&amp;")

    def as_ours(body: str, id_: str) -> str:
        theirs = f"arXiv Query: search_query=&amp;id_list={id_}&amp;start=0&amp;max_results=100"
        assert theirs in body
        return body.replace(theirs, ours).replace(">100<", ">1<")

    assert value(read(as_ours(one, "1605.08386"))) == 1
    assert value(read(as_ours(none, "0000.0000"))) == 0


@pytest.mark.parametrize(
    "name", ["q_testing_s0_m10_bc5a6c384fe9", "q_testing_s10_m10_34e56e15aaac", "id_1605.08386_s0_m100_199195aa31ad"]
)
def test_recorded_feeds_of_other_queries_are_refused(name: str) -> None:
    with pytest.raises(SourceUnavailable, match="another query"):
        read(recorded_feed(name))
