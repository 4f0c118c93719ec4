"""
Posts of Hacker News' monthly thread "Ask HN: Who is hiring?" that name a framework.

Measures top-level posts of one thread, and the share of them whose text names a subject. Every post of the thread is read, so
numerator and denominator are exact. A thread opens on the first weekday of a month and stands for that calendar month (UTC);
threads go back to 2011. A thread fills for about two weeks: a figure that is read within fourteen days of its opening is
provisional. Only reports by the month have figures: a year has twelve threads, and jobs that are offered again and again are in
many of them. No rate limit is documented; a thread is some hundreds of requests, eight side by side. Terms: a public API without
a key; name Hacker News.

Posts that were deleted, killed ("dead") or taken out altogether (null) are not counted, nor are blank ones. The account
`whoishiring` also opens "Who wants to be hired?" and "Freelancer?" threads; the title alone tells them apart. Texts are HTML with
entities; what counts is what a reader sees, addresses of links as far as they are shown.

`Subject.ids["hn_hiring"]` holds the names to look for, parted by "|" ("PyTorch|torch"). Each is taken literally and found as a
whole word: no letter, digit or underscore stands right before or after it, so ".NET" is not found in "ASP.NET", but "C" is in
"C++". Case does not matter, except for names wholly in capitals ("JAX"). A group without names of its own is the union of its
members', every post once, and only if all of them have names.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.measure import WHOLE, Aggregation, Coverage, Metric, Missing, Observation, Origin, Subject, Unit
from bot.domain.period import Granularity, Period, date_in_words
from bot.ports import Client, Question, Reply, Service
from bot.sources import _options, _replies, _windows

_NAME: Final = "hn_hiring"
_POSTS: Final = "hn_jobs_posts"
_SHARE: Final = "hn_jobs"
_DOES_NOT_MEASURE: Final = (
    "Jobs or hires: one post may offer a whole list of jobs, jobs are offered elsewhere, too, and posts may name no tools."
)
_KNOWN_BIASES: Final = (
    "Start-ups and firms of the United States abound. A name that is a common word is found where something else is meant, and "
    "a post may name what it moves away from."
)
METRICS: Final = (
    Metric(
        key=_POSTS,
        title="Job posts in the Hacker News thread Who is hiring",
        unit=Unit.COUNT,
        noun="posts",
        aggregation=Aggregation.EVENT,
        beyond=1e4,
        measures="Posts of the month's Who is hiring thread, answers to them aside, that name the framework; for all, every one.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="HN posts",
    ),
    Metric(
        key=_SHARE,
        title="Share of job posts on Hacker News that name a framework",
        unit=Unit.PERCENT,
        noun="posts",
        aggregation=Aggregation.EVENT,
        measures="The share of posts of the month's Who is hiring thread, answers to them aside, that name the framework.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="HN job posts",
        base=_POSTS,
    ),
)
ORIGINS: Final = (
    Origin(
        name="Hacker News",
        homepage="https://news.ycombinator.com/",
        terms="a public API without a key; counts are facts, and Hacker News is to be named",
        citation="Hacker News, monthly thread Who is hiring, counted post by post",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="a thread stands for its calendar month, UTC",
    depth="a thread a month from 2011 on; reports by the month only",
    lag="a thread fills for about two weeks",
    quota="no limit is documented; some hundreds of requests a thread, eight side by side",
)
SERVICE: Final = Service(url="https://hacker-news.firebaseio.com", interval_s=0, concurrency=8)
_ACCOUNT_ID: Final = "whoishiring"
_ACCOUNT: Final = f"/v0/user/{_ACCOUNT_ID}.json"
_SETTLED_AFTER: Final = dt.timedelta(days=14)
"""For so long after its opening a thread fills."""
_KEEP_DAYS: Final = 30


@dataclass(frozen=True)
class _Account:
    id: str
    submitted: list[_replies.Count]


@dataclass(frozen=True)
class _Item:
    """A story or a comment. What is deleted has neither `by` nor `text`."""

    id: _replies.Count
    type: str
    by: str = ""
    time: _replies.Count = 0
    title: str = ""
    text: str = ""
    parent: _replies.Count = 0
    kids: list[_replies.Count] = field(default_factory=list)
    deleted: object = False
    dead: object = False

    @property
    def opened_at(self) -> dt.datetime:
        """When it was submitted; the beginning of 1970 for what cannot be an instant."""
        return dt.datetime.fromtimestamp(self.time if self.time < 2**32 else 0, dt.UTC)


@dataclass(frozen=True)
class Source:
    """Finds the month's thread and reads all of its posts, likewise for the months it is compared with."""

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """One reply per month, newest first: the thread and its posts, or the account if there is no thread."""
        if period.granularity is not Granularity.MONTH or not _sought(subjects):
            return
        months = _windows.compared(period)[::-1]
        account = client.ask(Question(_ACCOUNT))
        threads = _threads(client, _submitted(account), months)
        for month in months:
            if month in threads:
                yield _thread(client, threads[month], month)
            else:
                yield replace(account, query=_words(_ACCOUNT, month))

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """First how many posts there are, then for each subject how many of them name it and which share that is."""
        asked = re.fullmatch(r"(?P<path>/v0/\w+/\w+\.json); thread of (?P<month>[0-9]{4}-[0-9]{2})", reply.query)
        if asked is None:
            return ()
        month = Period.parse(asked["month"])
        if asked["path"] == _ACCOUNT:
            return _none(reply, subjects, month)
        story, posts = _read(reply, asked["path"], month)
        return _told(_Count(reply, month, story, tuple(text for post in posts if (text := _text(reply, post)))), subjects)


def _sought(subjects: Sequence[Subject]) -> Mapping[str, tuple[str, ...]]:
    """The names to look for by subject; a group's are those of its members."""
    found = {}
    for subject in subjects:
        parts = (subject,) if _names(subject) else _options.parts(subject, subjects)
        names = [_names(part) for part in parts]
        if all(names):
            found[subject.key] = tuple(dict.fromkeys(name for part in names for name in part))
    return found


def _names(subject: Subject) -> tuple[str, ...]:
    return tuple(name for label in subject.ids.get(_NAME, "").split("|") if (name := " ".join(label.split())))


def _title(month: Period) -> str:
    return f"Ask HN: Who is hiring? ({month.name})"


def _path(item: int) -> str:
    return f"/v0/item/{item}.json"


def _words(path: str, month: Period) -> str:
    """What a reply was asked for: where it was found, and the month it is about."""
    return f"{path}; thread of {month.key}"


def _submitted(account: Reply) -> list[int]:
    """Everything the account ever submitted, newest first: ids grow with time."""
    said = _replies.read(account, _Account)
    if said.id != _ACCOUNT_ID:
        _replies.changed(account, f'it is about "{said.id}"')
    return sorted(said.submitted, reverse=True)


def _threads(client: Client, submitted: Sequence[int], months: Sequence[Period]) -> Mapping[Period, _Item]:
    """The threads of some months, looked for from the newest submission back to the first of the oldest month."""
    by_title = {_title(month).casefold(): month for month in months}
    found: dict[Period, _Item] = {}
    questions = [Question(_path(item), keep_days=_KEEP_DAYS) for item in submitted]
    for number, reply in zip(submitted, client.ask_all(questions), strict=True):  # titles and times stay: old answers will do
        item = _item(reply)
        if item is None or item.deleted or item.dead:
            continue
        if item.id != number:
            _replies.changed(reply, f"it is about item {item.id}")
        if item.opened_at < months[-1].start:
            break
        if item.type == "story" and (month := by_title.get(item.title.casefold())):
            if month in found:
                _replies.changed(reply, f"{month} has two threads, {found[month].id} and {item.id}")
            found[month] = item
    return found


def _item(reply: Reply) -> _Item | None:
    """An item, or None if it was taken out."""
    _replies.refuse_foreign(reply, reply.body)
    items = _replies.read(reply, list[_Item | None], b"[%b]" % reply.body)
    if len(items) != 1:
        _replies.changed(reply, f"{len(items)} items stand where one should be")
    return items[0]


def _thread(client: Client, thread: _Item, month: Period) -> Reply:
    """A story and its posts in one reply, a line each as they were sent; as old as the oldest of them."""
    keep_days = _windows.keep_days(thread.opened_at, _SETTLED_AFTER, client.now, _KEEP_DAYS)
    story = client.ask(Question(_path(thread.id), keep_days=keep_days))
    item = _item(story)
    if item is None:
        _replies.changed(story, "the thread is there and is not")
    replies = [story, *client.ask_all([Question(_path(kid), keep_days=keep_days) for kid in item.kids])]
    body = b"\n".join(_line(reply) for reply in replies)
    return Reply(body, story.url, _words(_path(thread.id), month), min(reply.retrieved_at for reply in replies))


def _line(reply: Reply) -> bytes:
    line = reply.body.strip()
    if b"\n" in line:
        _replies.changed(reply, "an item is not one line of JSON")
    return line


def _none(reply: Reply, subjects: Sequence[Subject], month: Period) -> list[Missing]:
    _submitted(reply)
    reason = f'Hacker News: {_ACCOUNT_ID} has opened no thread "{_title(month)}"'
    asked = [(metric.key, subject) for subject in _sought(subjects) for metric in METRICS]
    return [Missing(metric, subject, month, reason) for metric, subject in [(_POSTS, WHOLE), *asked]]


def _read(reply: Reply, path: str, month: Period) -> tuple[_Item, list[_Item]]:
    """The story and those of its posts that are there. Every one must have been told, in its place."""
    first, *rest = reply.body.split(b"\n")
    story = _item(replace(reply, body=first))
    if story is None or (story.type, story.by, story.title.casefold()) != ("story", _ACCOUNT_ID, _title(month).casefold()):
        _replies.changed(reply, f'it is not the story "{_title(month)}" by {_ACCOUNT_ID}')
    if _path(story.id) != path or not month.start <= story.opened_at < month.end:
        _replies.changed(reply, f"item {story.id} of {date_in_words(story.opened_at.date())} is another than was asked for")
    if len(set(story.kids)) != len(story.kids):
        _replies.changed(reply, "a post stands there twice")
    posts = _replies.read(reply, list[_Item | None], b"[%b]" % b",".join(rest))
    if len(posts) != len(story.kids) or len(rest) != len(story.kids):
        _replies.changed(reply, f"{len(posts)} posts are told of {len(story.kids)}")
    for kid, post in zip(story.kids, posts, strict=True):
        if post is not None and (post.id, post.parent, post.type) != (kid, story.id, "comment"):
            _replies.changed(reply, f"{post.type} {post.id} stands where post {kid} should be")
    return story, [post for post in posts if post is not None]


def _text(reply: Reply, post: _Item) -> str:
    """What readers see of a post, without tags, entities and line breaks; nothing if it is deleted or dead."""
    for said in (post.deleted, post.dead):
        if not isinstance(said, bool):
            _replies.changed(reply, f"post {post.id} is neither deleted or dead nor not")
    if post.deleted or post.dead:
        return ""
    if not post.text:  # nobody can post nothing; the text was lost on the way
        _replies.changed(reply, f"post {post.id} has no text and is neither deleted nor dead")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", post.text)).split())


@dataclass(frozen=True)
class _Count:
    """A thread with the texts of its posts."""

    reply: Reply
    month: Period
    story: _Item
    texts: tuple[str, ...]


def _told(count: _Count, subjects: Sequence[Subject]) -> list[Observation | Missing]:
    blank = _blank(count)
    base = len(count.texts)
    told: list[Observation | Missing] = [replace(blank, value=float(base), note=f"{base:,} posts; {blank.note}")]
    for subject, names in _sought(subjects).items():
        told += _of_subject(count, subject, names, replace(blank, subject=subject))
    return told


def _of_subject(count: _Count, subject: str, names: Sequence[str], blank: Observation) -> Iterator[Observation | Missing]:
    pattern, base = _pattern(names), len(count.texts)
    found = sum(1 for text in count.texts if pattern.search(text))
    seen = replace(blank, value=float(found), note=f"{found:,} of {base:,} posts name {' or '.join(names)}; {blank.note}")
    yield seen
    if base:
        yield replace(seen, metric=_SHARE, value=100 * found / base)
    else:
        yield Missing(_SHARE, subject, count.month, "Hacker News: the month's thread has no posts")


def _blank(count: _Count) -> Observation:
    """An observation of all posts without its value."""
    story, told = count.story, _replies.Told(count.reply, ORIGINS[0])
    note = f"thread {story.id}, opened {date_in_words(story.opened_at.date())}"
    status = _windows.status(story.opened_at, _SETTLED_AFTER, count.reply.retrieved_at)
    return told.figure(_POSTS, WHOLE, count.month, 0, f"https://news.ycombinator.com/item?id={story.id}", note, status)


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Finds any of the names as a whole word; those wholly in capitals as they are written, the others in any case."""
    words = [re.escape(name) if name.isupper() else f"(?i:{re.escape(name)})" for name in names]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
