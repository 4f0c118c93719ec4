"""What a person looks at before approving: the very thread that was frozen, in a folder and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.compose.documents import frozen
from bot.compose.review import review
from bot.verbs import choosing, threads


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in which edition 1 waits: the small report with a chart."""
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    house = wiring.house()
    recipe, period = choosing.recipe_and_period(house, "infrastructure-tools", "2020")
    composed = threads.compose(house, recipe, period, [], None, offline=True, progress=lambda *_: None)
    with wiring.store(house) as store:
        assert store.desk.freeze(frozen(composed.edition, "1001")) == 1
    return tmp_path


def test_it_is_written_as_a_preview_is(waiting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["approve", "1", "--out", str(waiting / "out")]) == 3
    place = waiting / "out" / "infrastructure-tools" / "2020"
    assert f"written to {place / 'index.html'}" in capsys.readouterr().out
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) == [
        "evidence/facts.json", "evidence/facts/01.html", "evidence/facts/02.html", "evidence/images/01-1.png", "evidence/index.html",
        "evidence/sources.html", "evidence/thread.json", "facts.json", "images/01-1.png", "index.html", "posts/01.txt",
        "posts/02.txt", "thread.json",
    ]  # fmt: skip
    assert main(["preview", "infrastructure-tools", "--period", "2020", "--out", str(waiting / "again")]) == 0
    again = waiting / "again" / "infrastructure-tools" / "2020"
    for name in ("posts/01.txt", "posts/02.txt", "images/01-1.png", "facts.json"):
        assert (place / name).read_bytes() == (again / name).read_bytes()


def test_the_page_shows_every_word_and_the_digest_that_is_approved(waiting: Path) -> None:
    with wiring.store(wiring.house()) as store:
        edition = store.desk.frozen(1)
    page = review(edition)
    assert edition.digest in page
    for post in edition.posts:
        assert post.text.split("\n")[0].replace("'", "&#39;") in page
        for picture in post.pictures:
            assert picture.alt_text.replace("'", "&#39;") in page
    for fact in json.loads(edition.facts_json):
        assert f'id="fact-{fact["id"]}"' in page or fact["kind"] == "claim"
    assert "<script" not in page
