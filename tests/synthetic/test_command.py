from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.synthetic.__main__ import main
from tests.synthetic.folders import contents, make

SMALL = ("surveys", "--respondents", "3")


def test_every_folder_says_that_it_is_made_up(tmp_path: Path) -> None:
    out = make(tmp_path / "out", *SMALL)
    for folder in (out, out / "kaggle", out / "stackoverflow"):
        assert (folder / "SYNTHETIC.txt").read_text() == (
            "This data is made up.\n\n"
            "Nothing in it has happened. It borrows the names of packages, frameworks and repositories, and no figure computed from it\n"
            "says anything about them. It is for trying, measuring and testing. Never tell it: Threadmill refuses this folder for anything\n"
            "but a try.\n\n"
            "Size: 3 respondents to each of two surveys.\n"
            "Made by: python -m bot.synthetic surveys OUT --seed 1 --respondents 3\n"
            "It is whole. The same command makes the same files.\n"
        )


def test_what_was_made_here_is_made_anew(tmp_path: Path) -> None:
    out = make(tmp_path / "out", "events", "--days", "1", "--events-per-hour", "1")
    assert contents(make(out, *SMALL)) == contents(make(tmp_path / "fresh", *SMALL))


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert set(contents(make(tmp_path, *SMALL))) == {
        "kaggle/responses.csv",
        "stackoverflow/survey_results_public.csv",
        "truth.csv",
    }


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("precious.csv", "1,2", "is not empty and has no SYNTHETIC.txt"),
        ("SYNTHETIC.txt", "My band.", "is not empty and has no SYNTHETIC.txt"),
        ("SYNTHETIC.txt", "\ufeffThis data is made up.", "is not empty and has no SYNTHETIC.txt"),
    ],
)
def test_a_folder_with_anything_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert main([SMALL[0], str(tmp_path), *SMALL[1:]]) == 2
    assert says in capsys.readouterr().err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, text)]


def test_a_file_somebody_put_beside_the_data_is_not_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = make(tmp_path / "out", *SMALL)
    before = contents(out)
    (out / "notes.md").write_text("mine")
    assert main([SMALL[0], str(out), *SMALL[1:]]) == 2
    assert f"{out} holds notes.md, which was not made by this command" in capsys.readouterr().err
    assert contents(out) == {**before, "notes.md": b"mine"}


def test_a_file_and_a_link_are_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(make(tmp_path / "real", *SMALL))
    for name in ("file", "link"):
        assert main([SMALL[0], str(tmp_path / name), *SMALL[1:]]) == 2
        assert "is no folder" in capsys.readouterr().err
    assert len(contents(tmp_path / "real")) == 3


def test_a_run_that_was_stopped_says_that_it_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.synthetic import surveys

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(surveys, "make", stopped)
    with pytest.raises(KeyboardInterrupt):
        main([SMALL[0], str(tmp_path / "out"), *SMALL[1:]])
    assert "It is not whole" in (tmp_path / "out" / "SYNTHETIC.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("logs", "--rows", "0"), "--rows 0 --months 3: a log has at least one row, and 1 to 240 months. Give such numbers."),
        (("logs", "--months", "241"), "--rows 1000000 --months 241: a log has at least one row, and 1 to 240 months"),
        (("logs", "--packages", "3"), "--packages 3 is too few or too many"),
        (("logs", "--packages", "2001"), "Give a number from 4 to 2,000."),
        (
            ("logs", "--start", "2025-13"),
            "--start 2025-13 is no month. It is written with the year first. Write it like 2025-01.",
        ),
        (("notebooks", "--kernels", "0"), "--kernels 0 --months 24 --cells 12 --outputs-kb 20: nothing to make."),
        (("notebooks", "--outputs-kb", "-1"), "only --outputs-kb may be 0."),
        (("surveys", "--respondents", "0"), "--respondents 0: nothing to make. A survey has at least one. Give a number from 1."),
        (("events", "--start", "1.2.2025"), "--start 1.2.2025 is no day."),
        (("events", "--days", "0"), "--days 0 --events-per-hour 1000: there is at least one day"),
        (("events", "--events-per-hour", "1000001"), "--events-per-hour one from 1 to 1,000,000."),
        (("surveys", "--processes", "0"), "--processes 0: nobody would do the work. Give a number from 1."),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    kind, *options = arguments
    assert main([kind, str(tmp_path / "out"), *options]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_logs_without_pyarrow_say_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["logs", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "pyarrow is not installed, and logs are written as Parquet. It comes with the engines, which are extras. Install it: pip install "
        '"threadmill[duckdb]".\n'
    )
    assert not (tmp_path / "out").exists()
