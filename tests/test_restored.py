"""A store that was restored is older than the world. Whatever went out since: on the account there is one thread, whole and in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.delivery import State
from bot.domain.turn import TurnState
from bot.rehearsal import CREATE, TIMELINE, FakeX, named
from tests.store.databases import Server, a_server
from tests.store.words import MORNING, a_reading, a_reply, later
from tests.test_posting import POST, fake, posted, whole
from tests.unattended.mill import Mill
from tests.unattended.test_turns import FIRST, THREAD, a_mill, codes

__all__ = ["fake"]

DAY = 86_400


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake: FakeX) -> Callable[[], None]:
    """The store is lost, and restored from the backup to another file."""

    def lost() -> None:
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "new home"))
        assert main(["restore", str(tmp_path / "backup")]) == 0

    return lost


@pytest.fixture
def move(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake: FakeX) -> Callable[[], None]:
    """The store is restored to a server."""

    def moved() -> None:
        monkeypatch.setenv("DATABASE_URL", server.empty_database().url)
        monkeypatch.setattr(wiring, "_store_clock", lambda house: house.wall)  # the server's would not be moved on
        assert main(["restore", str(tmp_path / "backup")]) == 0

    return moved


@pytest.fixture
def back_up(tmp_path: Path) -> Callable[[], None]:
    def backed_up() -> None:
        assert main(["backup", str(tmp_path / "backup")]) == 0

    return backed_up


def begin(fake: FakeX, fault: str = "429-reset", nth: int = 1, code: int = 7) -> None:
    """The thread is frozen, and its nth post put off, refused or lost."""
    fake.faults.on(CREATE, named(fault, seconds=4000) if fault == "429-reset" else named(fault), nth=nth)
    posted(fake, code)
    fake.faults.clear()
    fake.advance(5000)


def finish(fake: FakeX) -> None:
    posted(fake)
    whole(fake)


def post_after_the_restore(fake: FakeX) -> None:
    """As somebody does who runs the command until it says that all is well."""
    for _ in range(4):
        if main([*POST, "--yes"]) == 0:
            break
        fake.advance(1000)
    whole(fake)


BEGINNINGS = [
    ("429-reset", 1, 7),  # planned, both of them
    ("429-reset", 2, 7),  # one is out, one planned
    ("402-credits", 1, 4),  # rejected
    ("402-credits", 2, 4),
]


@pytest.mark.parametrize("days", [0, 3], ids=["at once", "days later"])
@pytest.mark.parametrize(("fault", "nth", "code"), BEGINNINGS)
def test_what_was_finished_after_the_backup_is_adopted_and_not_sent_again(
    fault: str, nth: int, code: int, days: int, fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None]
) -> None:
    begin(fake, fault, nth, code)
    back_up()
    fake.advance(days * DAY)
    finish(fake)
    creates = fake.creates
    fake.advance(days * DAY)
    lose()
    post_after_the_restore(fake)
    assert fake.creates == creates
    with wiring.store(wiring.house()) as store:
        assert [at.state for at in store.desk.deliveries(1)] == [State.PUBLISHED, State.PUBLISHED]
        assert [at.remote_id for at in store.desk.deliveries(1)] == [part.id for part in fake.threads()[0]]
        assert sum(one.call == "post" for one in store.desk.charges(1)) == 2  # each is in the ledger once


@pytest.mark.parametrize("hours", [0, 50], ids=["at once", "days later"])
@pytest.mark.parametrize(("fault", "nth", "code"), BEGINNINGS)
def test_what_was_not_gone_on_with_is_posted_once(
    fault: str, nth: int, code: int, hours: int, fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None]
) -> None:
    begin(fake, fault, nth, code)
    back_up()
    creates = fake.creates
    fake.advance(hours * 3600)
    lose()
    fake.advance(hours * 3600)
    post_after_the_restore(fake)
    assert fake.creates == creates + 3 - nth


def test_half_of_it_went_out_after_the_backup(fake: FakeX, back_up: Callable[[], None], move: Callable[[], None]) -> None:
    begin(fake)
    back_up()
    fake.advance(2 * DAY)
    begin(fake, "402-credits", 3, 4)  # the first post is out by then
    creates = fake.creates
    fake.advance(2 * DAY)
    move()
    post_after_the_restore(fake)
    assert fake.creates == creates + 1


def test_a_post_of_unknown_fate_that_was_sent_again_after_the_backup_is_found(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None]
) -> None:
    fake.faults.on(CREATE, named("drop-before"), nth=2)
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, 5)
    fake.faults.clear()
    back_up()
    fake.advance(2 * DAY)
    finish(fake)
    creates = fake.creates
    lose()
    post_after_the_restore(fake)
    assert fake.creates == creates


def test_where_the_account_cannot_be_read_nothing_is_sent(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    begin(fake)
    back_up()
    finish(fake)
    creates = fake.creates
    lose()
    fake.faults.on(TIMELINE, named("503-before"), times=None)
    posted(fake, 5)
    assert fake.creates == creates
    told = capsys.readouterr().err
    assert "post 1 may have been sent before the store was restored at " in told
    fake.faults.clear()
    post_after_the_restore(fake)
    assert fake.creates == creates


def test_a_thread_that_was_begun_after_the_backup_is_not_posted_before_a_person_has_looked(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    back_up()
    finish(fake)
    creates = fake.creates
    lose()
    posted(fake, 3)
    told = capsys.readouterr().err
    assert "and whether the thread for 2020 went out in between is not known; nothing was sent. Look at the account" in told
    assert fake.creates == creates


def test_a_thread_that_a_person_did_not_find_on_the_account_is_posted(
    fake: FakeX, back_up: Callable[[], None], move: Callable[[], None]
) -> None:
    back_up()
    move()
    posted(fake, 3)
    assert fake.creates == 0
    assert main([*POST, "--yes", "--absent"]) == 0
    whole(fake)
    posted(fake)
    assert fake.creates == 2


# Scheduled -------------------------------------------------------------------------------------------------------------------------


def restore(mill: Mill, path: Path) -> None:
    """The store of a mill is lost, and restored."""
    shutil.rmtree(mill.folder / "home")
    wiring.restore(mill.house(), path)


def back_up_of(mill: Mill, path: Path) -> None:
    with wiring.store(mill.house()) as store:
        store.back_up(path, "0.1.0")


def test_a_turn_that_may_have_been_performed_since_the_backup_is_held_for_a_person(tmp_path: Path) -> None:
    with a_mill(tmp_path, "auto") as mill:
        mill.pass_(hours=-1)
        mill.look()
        back_up_of(mill, tmp_path / "backup")
        mill.pass_(hours=1)
        assert codes(mill) == [0]
        mill.pass_(hours=1)
        restore(mill, tmp_path / "backup")
        assert codes(mill) == [3]
        for _ in range(2):
            mill.pass_(hours=1)
            assert codes(mill) == []
        assert mill.threads() == [THREAD]
        turn = mill.turns()[FIRST]
        assert turn.state is TurnState.HELD
        assert turn.reason == (
            "the store was restored at 2026-03-02 07:00 UTC from a backup made at 2026-03-02 05:00 UTC; whether the thread went "
            "out in between is not known: look at the account; if it is there, say so with threadmill skip REPORT PERIOD, and if "
            "it is not, threadmill post REPORT --period PERIOD --yes --absent posts it"
        )
        assert mill.notices() == [("held", *FIRST)]


def test_the_turn_after_the_restore_is_begun_as_always(tmp_path: Path) -> None:
    with a_mill(tmp_path, "auto") as mill:
        mill.pass_(hours=-2)
        mill.look()
        back_up_of(mill, tmp_path / "backup")
        mill.pass_(hours=1)
        restore(mill, tmp_path / "backup")
        mill.pass_(hours=1)
        assert codes(mill) == [0]
        assert mill.threads() == [THREAD]


def test_a_turn_that_was_under_way_is_held_and_what_it_left_is_found_on_the_account(tmp_path: Path) -> None:
    with a_mill(tmp_path, "auto") as mill:
        mill.fake.faults.on(CREATE, named("429-reset", seconds=4000), nth=2)
        assert codes(mill) == [7]
        mill.fake.faults.clear()
        back_up_of(mill, tmp_path / "backup")
        mill.pass_(hours=2)
        assert codes(mill) == [0]
        creates = mill.fake.creates
        restore(mill, tmp_path / "backup")
        assert codes(mill) == []  # it was to be tried again an hour ago
        with wiring.store(mill.house()) as store:
            assert store.rota.nudge(1, mill.now())  # a person says: go on
        assert codes(mill) == [0]
        assert mill.fake.creates == creates
        assert mill.threads() == [THREAD]
        assert mill.states() == {FIRST: TurnState.PUBLISHED}


def test_a_held_turn_is_done_when_a_person_has_posted_its_thread(tmp_path: Path) -> None:
    with a_mill(tmp_path, "auto") as mill:
        back_up_of(mill, tmp_path / "backup")
        restore(mill, tmp_path / "backup")
        assert codes(mill) == [3]
        with a_mill(tmp_path / "elsewhere", "auto") as elsewhere:
            assert codes(elsewhere) == [0]
            with wiring.store(elsewhere.house()) as other:
                thread = other.desk.frozen(1)
        with wiring.store(mill.house()) as store:  # as threadmill post --absent does
            edition = store.desk.freeze(thread)
            assert store.rota.nudge(edition, mill.now())
        assert codes(mill) == [0]
        assert mill.threads() == [THREAD]
        assert mill.states() == {FIRST: TurnState.PUBLISHED}


def test_a_dry_run_posts_nothing_and_is_not_held(tmp_path: Path) -> None:
    with a_mill(tmp_path, "dry") as mill:
        back_up_of(mill, tmp_path / "backup")
        restore(mill, tmp_path / "backup")
        assert codes(mill) == [0]
        assert mill.states() == {FIRST: TurnState.WRITTEN}


def test_a_turn_that_went_by_before_the_restore_may_have_been_performed(tmp_path: Path) -> None:
    with a_mill(tmp_path, "auto") as mill:
        mill.pass_(hours=-1)
        mill.look()
        back_up_of(mill, tmp_path / "backup")
        mill.pass_(hours=20)
        restore(mill, tmp_path / "backup")
        assert codes(mill) == []
        assert mill.turns()[FIRST].state is TurnState.MISSED
        assert mill.turns()[FIRST].reason.startswith(
            "no turn of it is known. the store was restored at 2026-03-03 01:00 UTC from "
        )


# Words -----------------------------------------------------------------------------------------------------------------------------


def test_backup_and_restore_say_what_they_did(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(fake)
    capsys.readouterr()
    back_up()
    told = capsys.readouterr().out
    assert told.startswith(f"{tmp_path / 'backup'}: ")
    assert "read again and whole" in told
    assert " from a store in sqlite" in told
    assert "1 edition, " in told
    lose()
    told = capsys.readouterr().out
    assert "edition 1: 2 posts may have gone out since; the next post command looks at the account before it sends" in told
    assert "what happened after the backup was made is not in it" in told
    assert main(["restore", str(tmp_path / "backup")]) == 2
    assert "is not empty: there are rows in " in capsys.readouterr().err


def test_prune_shows_what_would_go_and_lets_it_go_with_yes(
    fake: FakeX, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, unread = a_reply(b"read"), a_reply(b"unread", retrieved_at=MORNING)
    with wiring.store(wiring.House(Path(), wiring.house().settings, MORNING, time=lambda: MORNING)) as store:
        store.keep("npm", "read", read)
        store.keep("npm", "unread", unread)
        store.record("npm", [a_reading(payload_sha256=read.sha256)])
    monkeypatch.setattr(wiring, "_now", lambda: later(days=100))
    monkeypatch.setenv("THREADMILL_KEEP_DAYS", "60")
    assert main(["prune"]) == 0
    assert capsys.readouterr().out == (
        "   1 reply with 14 bytes: no figure was read from them; older than 35 days\n"
        "   1 reply with 12 bytes: no frozen thread cites them; older than 60 days (THREADMILL_KEEP_DAYS)\n"
        "together 2 replies with 26 bytes would go; --yes lets them go. No figure and nothing a frozen thread cites is among them\n"
    )
    assert main(["reply", read.sha256]) == 0
    assert capsys.readouterr().out == "read"
    assert main(["prune", "--yes"]) == 0
    assert "together 2 replies with 26 bytes went" in capsys.readouterr().out
    assert main(["reply", read.sha256]) == 2
    assert capsys.readouterr().err == (
        f"threadmill: the reply {read.sha256} was kept and has been pruned: no thread that was frozen cites it, and such replies are "
        "kept for 60 days (THREADMILL_KEEP_DAYS); the figures that were read from it are still there\n"
    )
    assert main(["reply", unread.sha256]) == 2
    assert "no reply is kept under" in capsys.readouterr().err
    assert main(["prune", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing is older than it is kept\n"


def test_what_was_never_begun_can_be_taken_back_after_a_restore(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None]
) -> None:
    begin(fake)
    back_up()
    fake.advance(DAY)
    lose()
    assert main(["undo", "1", "--yes"]) == 0
    with wiring.store(wiring.house()) as store:
        assert [at.state for at in store.desk.deliveries(1)] == [State.PLANNED, State.PLANNED]
    assert fake.posts == {}


def test_what_went_out_after_the_backup_can_be_taken_down(
    fake: FakeX, back_up: Callable[[], None], lose: Callable[[], None]
) -> None:
    begin(fake)
    back_up()
    fake.advance(DAY)
    finish(fake)
    fake.advance(DAY)
    lose()
    assert main(["undo", "1", "--yes"]) == 0
    with wiring.store(wiring.house()) as store:
        assert [at.state for at in store.desk.deliveries(1)] == [State.REMOVED, State.REMOVED]
    assert fake.threads() == []
