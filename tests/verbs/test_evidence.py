"""`threadmill evidence`: one folder for each thread that is out, a page that lists them, and nothing of anybody else's lost."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot import folders, wiring
from bot.cli import main
from bot.domain.delivery import Correction, Frozen, FrozenPost, State
from bot.ports import Store
from tests.compose.test_site import BOUND, FLOW, TORCH, check_links, edition
from tests.store.words import MORNING, a_reply, later

ARXIV = a_reply(b'{"total": 312}')
KAGGLE = a_reply(b'{"shares": "of a competition"}')
COMMON = ["facts.json", "facts/01.html", "facts/02.html", "images/01-1.png", "index.html", "sources.html", "thread.json"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_file: Path) -> None:
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    shutil.copy(empty_file, tmp_path / "home" / "threadmill.db")


def a_thread(report: str = "frameworks", period: str = "2020", account: str = "1") -> Frozen:
    """A thread that cites a kept reply which may be repeated, and one that may not."""
    seen = replace(TORCH, payload_sha256=ARXIV.sha256), replace(FLOW, payload_sha256=KAGGLE.sha256)
    made = edition(*seen)
    told = json.loads(made.thread_json) | {"report": report, "period": period}
    return replace(made, report=report, period=period, account=account, thread_json=json.dumps(told))


def published(store: Store, thread: Frozen, first: str = "7001", posts: int = 2) -> int:
    """An edition in the store with some of its posts out."""
    desk, edition = store.desk, store.desk.freeze(thread)
    for position in range(1, posts + 1):
        assert desk.take(edition, position, "me", MORNING, later(minutes=5))
        at = desk.deliveries(edition)[position - 1]
        assert desk.settle(at, State.PUBLISHED, remote_id=str(int(first) + position - 1))
    return edition


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_each_thread_that_is_out_has_its_folder_with_the_replies_that_may_be_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with wiring.store(wiring.house()) as store:
        store.keep("arxiv", "a", ARXIV)
        store.keep("kaggle", "b", KAGGLE)
        published(store, a_thread())
        published(store, a_thread(period="2021"), posts=1)  # half out
        store.desk.withdraw(published(store, a_thread(period="2019")), MORNING)
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 0
    told = capsys.readouterr().out
    assert told == f"   1  {tmp_path}/site/frameworks/2020/index.html\nall of them: {tmp_path}/site/index.html\n"
    written = files(tmp_path / "site")
    place = "frameworks/2020"
    assert sorted(written) == [
        *(f"{place}/{name}" for name in [*COMMON[:5], f"replies/{ARXIV.sha256}.txt", *COMMON[5:]]),
        "index.html",
    ]
    assert written[f"{place}/replies/{ARXIV.sha256}.txt"] == ARXIV.body
    assert hashlib.sha256(ARXIV.body).hexdigest() == ARXIV.sha256
    assert b'href="https://x.com/i/web/status/7001"' in written[f"{place}/index.html"]
    assert b'href="../../index.html">All editions' in written[f"{place}/index.html"]
    check_links(written)


def test_a_correction_is_told_at_its_thread_and_has_no_folder_of_its_own(tmp_path: Path) -> None:
    thread = a_thread()
    post = FrozenPost(1, "Correction to 1/2: <PyTorch> has 313 papers, not 312.", (), 0.015)
    with wiring.store(wiring.house()) as store:
        published(store, thread)
        published(store, replace(thread, posts=(post,), correction=Correction(1, 1, "7001")), "8001", posts=1)
        store.desk.freeze(replace(thread, posts=(post,), correction=Correction(2, 1, "7002")))  # not out
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 0
    assert [path.name for path in (tmp_path / "site" / "frameworks").iterdir()] == ["2020"]
    page = (tmp_path / "site" / "frameworks" / "2020" / "index.html").read_text()
    (row,) = [line for line in page.split("\n") if "Correction to" in line]
    assert row == (
        '<ul><li>Post <a href="#post-1">1</a>: Correction to 1/2: &lt;PyTorch&gt; has 313 papers, not 312. '
        '<a href="https://x.com/i/web/status/8001" rel="noopener noreferrer">As it was posted</a></li>'
    )


def test_what_gates_said_is_told_and_who_accepted_it_is_not(tmp_path: Path) -> None:
    thread = a_thread()
    told = json.loads(thread.thread_json)
    told["gates"] = [{**told["gates"][0], "accepted": {"because": "asked our lawyer", "by": "ann@laptop"}}]
    with wiring.store(wiring.house()) as store:
        published(store, replace(thread, thread_json=json.dumps(told)))
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 0
    written = files(tmp_path / "site")
    assert (
        b"<strong>A share does not match its own count</strong> (a person has accepted it): wrong"
        in written["frameworks/2020/index.html"]
    )
    assert not [name for name, body in written.items() if b"laptop" in body or b"lawyer" in body]


def test_it_may_be_run_again_and_grows_the_same_site(tmp_path: Path) -> None:
    out = tmp_path / "site"
    with wiring.store(wiring.house()) as store:
        published(store, a_thread())
    assert main(["evidence", "--out", str(out)]) == 0
    before = files(out)
    with wiring.store(wiring.house()) as store:
        published(store, a_thread("apps", "2026-10"))
        published(store, a_thread(period="2021"))
    assert main(["evidence", "frameworks", "2021", "--out", str(out)]) == 0
    after = files(out)
    assert {name: after[name] for name in before if name != "index.html"} == {
        name: body for name, body in before.items() if name != "index.html"
    }
    assert [line.split('"')[1] for line in after["index.html"].decode().split("\n") if "<li>" in line] == [
        "frameworks/2021/index.html", "frameworks/2020/index.html",
    ]  # fmt: skip
    assert main(["evidence", "--out", str(out)]) == 0
    whole = files(out)
    assert main(["evidence", "--out", str(out)]) == 0
    assert files(out) == whole
    assert main(["evidence", "--out", str(tmp_path / "elsewhere")]) == 0
    assert files(tmp_path / "elsewhere") == whole
    check_links(whole)


def test_of_two_accounts_with_a_thread_for_one_period_the_newer_edition_counts(tmp_path: Path) -> None:
    with wiring.store(wiring.house()) as store:
        published(store, a_thread(account="1"), "7001")
        published(store, a_thread(account="2"), "8001")
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 0
    assert b"https://x.com/i/web/status/8001" in (tmp_path / "site/frameworks/2020/index.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["framework"], 'no thread of "framework" is out (did you mean "frameworks"?); there are threads of frameworks'),
        (["frameworks", "2021"], 'no thread of frameworks is out for "2021" (did you mean "2020"?); there are 2020'),
    ],
)
def test_what_is_not_out_is_said_with_what_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with wiring.store(wiring.house()) as store:
        published(store, a_thread())
    assert main(["evidence", *arguments, "--out", str(tmp_path / "site")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("store", ["empty", "none"])
def test_without_a_thread_there_is_nothing_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str], store: str) -> None:
    if store == "none":
        (tmp_path / "home" / "threadmill.db").unlink()
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 2
    assert "no thread is out, so there is no evidence to publish" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
    assert (tmp_path / "home" / "threadmill.db").exists() == (store == "empty")


@pytest.mark.parametrize("theirs", ["index.html", "frameworks/2020/index.html", "frameworks/2020/posts/01.txt"])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str], theirs: str) -> None:
    with wiring.store(wiring.house()) as store:
        published(store, a_thread())
    place = tmp_path / "site" / theirs
    place.parent.mkdir(parents=True)
    place.write_text("my own page")
    assert main(["evidence", "--out", str(tmp_path / "site")]) == 2
    assert "choose another" in capsys.readouterr().err
    assert files(tmp_path / "site") == {theirs: b"my own page"}


def test_a_preview_shows_the_reply_it_was_made_of_only_if_it_may_be_repeated(tmp_path: Path) -> None:
    thread = a_thread()
    with wiring.store(wiring.house()) as store:
        store.keep("arxiv", "a", ARXIV)
        store.keep("kaggle", "b", KAGGLE)
        names = [name for name in folders.evidence(thread, store) if name.startswith("replies/")]
        assert names == [f"replies/{ARXIV.sha256}.txt"]
    assert [name for name in folders.evidence(thread, None) if name.startswith("replies/")] == []
    assert BOUND not in {*folders.evidence(thread, None)}


def test_an_approver_gets_the_evidence_of_what_was_frozen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with wiring.store(wiring.house()) as store:
        store.keep("arxiv", "a", ARXIV)
        assert store.desk.freeze(a_thread()) == 1
    assert main(["approve", "1", "--out", str(tmp_path / "out")]) == 3
    capsys.readouterr()
    found = files(tmp_path / "out" / "frameworks" / "2020" / "evidence")
    assert sorted(found) == sorted([*COMMON, f"replies/{ARXIV.sha256}.txt"])
    assert dt.datetime.fromisoformat(json.loads(found["thread.json"])["composed_at"]) == dt.datetime(2021, 1, 5, 9, tzinfo=dt.UTC)
