"""The evidence of threads that are out, in a folder to be published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import folders, wiring
from bot.compose.site import Corrected
from bot.domain.delivery import Frozen, State
from bot.domain.words import nearest
from bot.errors import BadInput
from bot.ports import Store

_HOME = "../../index.html"
"""From a site to the page that lists them all."""


@dataclass(frozen=True)
class Site:
    """An edition that is out, and the folder its pages are in."""

    edition: int
    folder: Path


@dataclass(frozen=True)
class Published:
    """What was written: a site for each edition, the oldest first, and the page that lists all that are there."""

    sites: tuple[Site, ...]
    index: Path


def publish(report: str | None, period: str | None, out: str) -> Published:
    """
    Write a site for each thread that is out as a whole, or for those of one report, or for one of them. Nobody is asked.

    Raises:
        BadInput: no such thread is out. BadOutput: the folder cannot be written, or holds what is not ours.
    """
    house, folder = wiring.house(), Path(out)
    with wiring.kept(house) as store:
        if store is None or not (there := _out(store)):
            raise BadInput("no thread is out, so there is no evidence to publish; threadmill preview writes that of a draft")
        wanted = {key: there[key] for key in _chosen(list(there), report, period)}
        index = folders.publish(folder, _sites(store, wanted.values()))
    written = [Site(edition, folder / one / when) for (one, when), (edition, _) in wanted.items()]
    return Published(tuple(sorted(written, key=lambda one: one.edition)), index)


def _out(store: Store) -> dict[tuple[str, str], tuple[int, str]]:
    """
    Threads every post of which is out and none is to be taken down, by report and period, with the id of the first post. Of two
    accounts with a thread for one period, the newer edition counts.
    """
    found = {}
    for edition in reversed(store.desk.editions()):
        deliveries = store.desk.deliveries(edition)
        if store.desk.withdrawn(edition) is None and all(one.state is State.PUBLISHED for one in deliveries):
            frozen = store.desk.frozen(edition)
            if frozen.correction is None:
                found[frozen.report, frozen.period] = edition, deliveries[0].remote_id
    return found


def _sites(store: Store, editions: Iterable[tuple[int, str]]) -> Iterator[tuple[str, str, Mapping[str, bytes]]]:
    """One at a time: each holds all its pictures."""
    for edition, remote_id in editions:
        frozen = store.desk.frozen(edition)
        url = wiring.post_url(frozen.network, remote_id)
        yield frozen.report, frozen.period, folders.evidence(frozen, store, url, _HOME, list(_corrections(store, frozen)))


def _corrections(store: Store, thread: Frozen) -> Iterator[Corrected]:
    """What was corrected of a thread, in the order it was; what was taken down again is not told."""
    for edition in store.desk.corrections(thread.report, thread.period, thread.account):
        frozen, (out,) = store.desk.frozen(edition), store.desk.deliveries(edition)
        if frozen.correction is not None and out.state is State.PUBLISHED:
            url = wiring.post_url(frozen.network, out.remote_id)
            yield Corrected(frozen.correction.position, frozen.posts[0].text, url)


def _chosen(there: Sequence[tuple[str, str]], report: str | None, period: str | None) -> Sequence[tuple[str, str]]:
    reports = dict.fromkeys(one for one, _ in there)
    periods = [when for one, when in there if one == report]
    if report is not None and report not in reports:
        raise BadInput(f'no thread of "{report}" is out{nearest(report, reports)}; there are threads of {", ".join(reports)}')
    if period is not None and period not in periods:
        raise BadInput(f'no thread of {report} is out for "{period}"{nearest(period, periods)}; there are {", ".join(periods)}')
    return [(one, when) for one, when in there if report in (None, one) and period in (None, when)]
