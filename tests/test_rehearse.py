"""`threadmill rehearse`: the whole way of a thread to an account, on this machine, with whatever is made to go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from bot.delivery import Round, deliver
from bot.domain.delivery import Delivery
from bot.verbs import rehearsing
from tests.test_posting import OPENAPI, compose_again

REHEARSE = ["rehearse", "infrastructure-tools", "--period", "2020", "--offline"]
WHOLE = "the account holds the thread once, whole and in order"


@pytest.fixture(autouse=True)
def _composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "compose", compose_again)


def test_a_thread_is_posted_whole_to_a_fake_account_and_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("X_API_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("X_CONSUMER_KEY", "a-real-one")
    assert main(REHEARSE) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[1:6] == [
        "   run 1 ended well", "     1 x POST /2/media/upload", "     1 x POST /2/media/metadata", "     2 x POST /2/tweets",
        "   billed $0.035, had it been X",
    ]  # fmt: skip
    assert WHOLE in told
    assert not (tmp_path / "home").exists()
    assert main(["status"]) == 0
    assert "no thread was begun yet" in capsys.readouterr().out


@pytest.mark.parametrize("call", ["create:2", "upload", "alt-text", "look"])
@pytest.mark.parametrize("fault", ["drop-after", "hang-before", "503-after", "429-24h-user", "402-credits", "truncated"])
def test_what_goes_wrong_is_got_over(call: str, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    lost = ["--fault", "drop-after@create:1"] if call == "look" else []  # so that there is something to look for
    assert main([*REHEARSE, "--fault", f"{fault}@{call}", *lost]) == 0
    assert WHOLE in capsys.readouterr().out


def test_a_fault_that_no_call_met_is_told_for_it_proves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*REHEARSE, "--fault", "drop-after@create:3"]) == 1
    assert "wrong: no call met POST /2/tweets 3: drop-after" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drop-aftr", 'there is no fault "drop-aftr" (did you mean "drop-after"?); there are drop-before, '),
        (
            "drop-after@craete",
            'there is no call "craete" (did you mean "create"?); there are create, upload, alt-text, look',
        ),
        ("drop-after@create:0", 'there is no fault "drop-after@create:0"'),
        ("drop-after@create:99999", "there is no fault"),
        ("", 'there is no fault ""'),
    ],
)
def test_a_fault_that_is_none_is_refused(fault: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*REHEARSE, "--fault", fault]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.skipif(not OPENAPI.is_file(), reason="X's OpenAPI file is not here")
def test_every_request_is_held_against_x_s_own_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*REHEARSE, "--openapi", str(OPENAPI), "--fault", "drop-after@create:2"]) == 0
    assert WHOLE in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "not json", "[]", "{}", '{"paths": {}}'])
def test_a_description_that_is_none_is_refused(text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "openapi.json"
    if text is not None:
        file.write_text(text)
    assert main([*REHEARSE, "--openapi", str(file)]) == 2
    assert "is no description of X that can be read" in capsys.readouterr().err


def test_what_differs_from_the_thread_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Were the bot to post something else, a rehearsal would say so."""

    def careless(this: Round) -> Sequence[Delivery]:
        posts = tuple(replace(post, text=post.text.replace("2020", "2021")) for post in this.frozen.posts)
        return deliver(replace(this, frozen=replace(this.frozen, posts=posts)))

    monkeypatch.setattr(rehearsing, "deliver", careless)
    assert main(REHEARSE) == 1
    assert "wrong: post 1 is not what was sent" in capsys.readouterr().out


def test_a_thread_posted_twice_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def twice(this: Round) -> Sequence[Delivery]:
        this.network.create("Something before it all", [], "")
        return deliver(this)

    monkeypatch.setattr(rehearsing, "deliver", twice)
    assert main(REHEARSE) == 1
    assert "wrong: the account has 2 threads instead of one" in capsys.readouterr().out
