"""A thread: numbered posts with charts, and the limits of the network it is composed for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.claim import Basis
from bot.domain.gate import Judgement
from bot.domain.text import Cited


@dataclass(frozen=True)
class Limits:
    """
    Facts of a network as data. Lengths are in the network's own weighted units; prices in US dollars per billed call.

    `read_usd` is for each post that is read, `remove_usd` for each that is deleted. `prices_as_of` is the day the prices were
    read from the network's own page.
    """

    network: str
    post_length: int
    link_length: int
    images_per_post: int
    alt_length: int
    image_bytes: int
    cashtags_per_post: int
    mentions_allowed: bool
    post_usd: float
    post_with_link_usd: float
    alt_text_usd: float
    read_usd: float
    remove_usd: float
    prices_as_of: str


@dataclass(frozen=True)
class Table:
    """The figures behind a chart, for a reader who cannot see it: what they are of, a heading row and rows of cells."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cited, ...], ...]


@dataclass(frozen=True)
class Chart:
    """
    A drawn chart: PNG bytes with their size, its title, and the alt text that stands for it.

    `caveat_shown` is False if there was no room for its caveat in the picture or in the alt text.
    """

    png: bytes = field(repr=False)
    width_px: int
    height_px: int
    title: Cited
    alt_text: Cited
    table: Table = field(repr=False)
    caveat_shown: bool = True

    def __post_init__(self) -> None:
        if not self.alt_text.text.strip():
            raise ValueError(f'the chart "{self.title}" has no alt text')

    @property
    def sha256(self) -> str:
        """Digest of the PNG."""
        return hashlib.sha256(self.png).hexdigest()


@dataclass(frozen=True)
class Fact:
    """
    One printed number or claim word: the exact substring of a post, of its chart's title or of its alt text, and its basis.

    `evidence` are the ids of the facts that hold the observations a claim was computed from. An observation that is evidence only
    and printed nowhere in the post stands with the words of the claim that rests on it, and is not `shown`.
    """

    id: str
    post: int
    where: str
    text: str
    basis: Basis
    evidence: tuple[str, ...] = ()
    shown: bool = True


@dataclass(frozen=True)
class Post:
    """
    One post of a thread: what is sent, the charts beside it, and the facts it prints.

    `links` are the parts of the text the network turns into links, `remarks` what a person should know before it goes out.
    """

    name: str
    position: int
    total: int
    text: Cited
    weighted_length: int
    links: tuple[str, ...]
    charts: tuple[Chart, ...]
    facts: tuple[Fact, ...] = field(repr=False)
    remarks: tuple[str, ...] = ()

    def cost_usd(self, limits: Limits) -> float:
        """What the network bills for this post and the alt texts of its images."""
        create = limits.post_with_link_usd if self.links else limits.post_usd
        return create + limits.alt_text_usd * len(self.charts)


@dataclass(frozen=True)
class Skipped:
    """A post of the recipe that is not in the thread, and why."""

    post: str
    reason: str


@dataclass(frozen=True)
class Thread:
    """Posts numbered 1..N, each within the limits, with what was left out and why, and what gates say of the figures."""

    posts: tuple[Post, ...]
    skipped: tuple[Skipped, ...]
    judgements: tuple[Judgement, ...]
    limits: Limits

    def __post_init__(self) -> None:
        total = len(self.posts)
        if [(post.position, post.total) for post in self.posts] != [(n, total) for n in range(1, total + 1)]:
            raise ValueError("the posts are not numbered 1 to N")

    @property
    def cost_usd(self) -> float:
        """What publishing the whole thread is billed, to the tenth of a cent."""
        return round(sum(post.cost_usd(self.limits) for post in self.posts), 4)

    @property
    def held(self) -> tuple[Judgement, ...]:
        """For each metric that is kept out, the first reason."""
        reasons = {one.metric: one for one in reversed(self.judgements) if one.holds}
        return tuple(one for one in self.judgements if reasons.get(one.metric) is one)

    def facts(self) -> Mapping[str, Fact]:
        """Every fact of the thread by its id."""
        return {fact.id: fact for post in self.posts for fact in post.facts}
