"""The verbs through the front door: real processes where the process matters, fresh where the interpreter does, else `main` in this one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

import bot
from bot.cli import main, table
from bot.cli.table import ROOMS
from bot.config import VARIABLES
from tests.processes import Command

_ROOT = Path(__file__).parent.parent


def start(*arguments: str, folder: Path, **environment: str) -> Command:
    """`threadmill ...` as a process of its own in a folder."""
    return Command(*arguments, folder=folder, environment={"THREADMILL_HOME": str(folder / "home")} | environment)


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What came of it."""
    with start(*arguments, folder=folder, **environment) as process:
        out, err = process.communicate()
    assert process.returncode is not None
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def run_anew(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The same by a fresh interpreter."""
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES and name != "NO_COLOR"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(_ROOT), "THREADMILL_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A copy of the small report in `templates/` of a working folder, free to be broken."""
    return Path(shutil.copytree(_ROOT / "templates" / "infrastructure-tools", tmp_path / "templates" / "mine"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(folder: Path, *arguments: str) -> str:
    """What a refused preview says; it exits with 2 and leaves nothing behind."""
    done = run("preview", "mine", "--period", "2020", *arguments, folder=folder)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "out").exists() or not any((folder / "out").rglob("*"))
    return done.stderr


_HEAVY = ("pandas", "matplotlib", "numpy", "rich", "pydantic", "jinja2", "requests", "tweepy", "dataclasses", "typing", "shutil")


@pytest.mark.parametrize(
    ("arguments", "not_needed"),
    [
        (["--help"], (*_HEAVY, "argparse", "re", "bot.cli.accounts")),
        (["post", "--help"], (*_HEAVY, "bot.errors", "bot.cli.threads")),
    ],
)
def test_help_is_answered_without_loading_anything_heavy(arguments: list[str], not_needed: tuple[str, ...]) -> None:
    code = "import sys\nfrom bot.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    # -S: what other packages put into site must not count
    done = subprocess.run([sys.executable, "-S", "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=_ROOT)
    assert done.stdout.startswith("usage: threadmill")
    loaded = done.stderr.split()
    assert "bot.cli" in loaded
    assert [name for name in not_needed if name in loaded] == []


def test_help_names_every_verb_with_its_line_in_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert "\n  status     say what became of every thread that was begun\n" in told
    assert re.findall(r"^  ([a-z]+) {2,}[a-z]", told, re.MULTILINE) == [verb for verb, room in ROOMS.items() if room.line]
    assert max(map(len, told.splitlines())) <= 80
    assert main(["-h"]) == 0
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("verb", ROOMS)
def test_every_verb_of_the_table_says_what_it_takes(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: threadmill {verb} [-h]")
    assert ROOMS[verb].line in " ".join(told.split())


def test_a_verb_for_threadmills_own_use_is_neither_listed_nor_suggested(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = table.Room("checking", "")
    monkeypatch.setitem(ROOMS, "reports", own)
    monkeypatch.setitem(table._GROUPS["checking"], "reports", own.line)
    assert main(["--help"]) == 0
    assert "\n  reports" not in capsys.readouterr().out
    assert main(["reportz"]) == 2
    assert "did you mean" not in capsys.readouterr().err
    assert main(["reports"]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["prevew"], 'there is no verb "prevew" (did you mean "preview"?)'),
        (["pre\x1b[2J"], 'there is no verb "pre\N{REPLACEMENT CHARACTER}[2J"'),
        (["frobnicate"], 'there is no verb "frobnicate"; threadmill --help lists them'),
        ([], "say what to do"),
        ([""], "say what to do"),
        (["--offline", "preview"], "options follow the verb, as in threadmill VERB --offline"),
    ],
)
def test_what_names_no_verb_is_refused_with_the_usage(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("usage: threadmill [-h] [--version] VERB ...\nthreadmill: error: ")
    assert says in told.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["post"], "the following arguments are required: REPORT"),
        (["post", "dl-frameworks", "--perid", "2020"], "unrecognized arguments: --perid 2020"),
        (["undo", "first"], "argument EDITION: invalid int value: 'first'"),
        (["resolve", "1", "2"], "one of the arguments --there --absent is required"),
    ],
)
def test_wrong_arguments_are_refused_with_the_verbs_usage(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"usage: threadmill {arguments[0]} [-h]")
    assert f"threadmill {arguments[0]}: error: {says}" in told


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{bot.__version__}\n"


def test_a_preview_in_a_pipe_is_plain_and_says_where_the_page_is(tmp_path: Path) -> None:
    done = run_anew("preview", "infrastructure-tools", "--period", "2020", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "post 1 of 2: opening  text " in done.stdout
    assert str(Path("out/infrastructure-tools/2020/index.html")) in done.stdout
    assert "they would cost $0.035" in done.stdout  # two posts at 0.015, one alt text at 0.005
    assert "drawing" in done.stderr


def test_templates_of_the_working_folder_win_over_the_packaged_ones(tmp_path: Path) -> None:
    own = Path(shutil.copytree(_ROOT / "templates" / "infrastructure-tools", tmp_path / "templates" / "infrastructure-tools"))
    edit(own / "meaning.txt", "What this does not say:", "What our own folder does not say:")
    assert run("preview", "infrastructure-tools", "--period", "2020", folder=tmp_path).returncode == 0
    written = tmp_path / "out/infrastructure-tools/2020/posts/02.txt"
    assert written.read_text().startswith("What our own folder does not say:")
    listed = run_anew("reports", folder=tmp_path)
    assert "dl-frameworks" in listed.stdout


@pytest.mark.usefixtures("unpainted")
def test_explain_tells_the_whole_story_of_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "dl-frameworks", "2020", "2"]) == 0
    story = capsys.readouterr().out
    assert '"113.8M" in the post' in story
    assert "pypi_downloads_year of tensorflow = 113,788,105 (measured)" in story
    assert "2020-01-02T00:00:00+00:00 up to 2021-01-01T00:00:00+00:00" in story
    assert "https://github.com/hugovk/top-pypi-packages/" in story
    assert re.search(r"sha256 [0-9a-f]{64}", story)
    assert '"about six times" in the post' in story
    assert "6.16357" in story  # 113,788,105 / 18,461,407


@pytest.mark.usefixtures("unpainted")
def test_explain_of_a_post_there_is_none_of_names_the_posts_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "dl-frameworks", "2020", "12"]) == 2
    assert "posts 1 to 11" in capsys.readouterr().err


def test_figures_by_hand_bring_a_post_in_and_close_the_numbering_up(tmp_path: Path) -> None:
    figures = tmp_path / "jobs.csv"
    figures.write_text(
        "metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note\n"
        "linkedin_jobs,tensorflow,2020-12-31,2021-01-01,5000,measured,A person,https://example.org/jobs,2021-01-04,counted by hand\n"
        "linkedin_jobs,pytorch,2020-12-31,2021-01-01,2500,measured,A person,https://example.org/jobs,2021-01-04,\n"
        "linkedin_jobs,pytroch,2020-12-31,2021-01-01,2500,measured,A person,https://example.org/jobs,2021-01-04,\n"
    )
    done = run("preview", "--period", "2020", "--data", "jobs.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    thread = json.loads((tmp_path / "out/dl-frameworks/2020/thread.json").read_text())
    jobs = next(post for post in thread["posts"] if post["name"] == "jobs")
    assert "TensorFlow leads, with twice the job posts of PyTorch" in jobs["text"]
    assert jobs["text"].endswith(f"\n\n{jobs['position']}/12")
    assert thread["posts"][-1]["total"] == 12
    assert 'dl-frameworks has no subject "pytroch" (did you mean "pytorch"?)' in done.stdout


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ("20200", "names no period"),
        ("2020-13", "month must be in 1..12"),
        ("2020-05", "is a report by year"),
        ("2031", "is not over"),
        ("٢٠٢٠", "names no period"),
    ],
)
def test_a_period_that_cannot_be_meant_is_refused(
    period: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["preview", "--period", period, "--now", "2026-11-22", "--out", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_without_a_period_the_newest_complete_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "infrastructure-tools", "--now", "2021-01-01", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "infrastructure-tools" / "2020").is_dir()
    capsys.readouterr()


def test_a_period_without_a_single_figure_is_held_with_the_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "infrastructure-tools", "--period", "2012", "--out", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "has nothing to say about 2012" in said
    assert "--data FILE.csv" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("year", [str(year) for year in range(2014, 2026)])
def test_every_year_is_told_as_far_as_its_figures_go_or_held(
    year: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["preview", "--period", year, "--offline", "--out", str(tmp_path)])
    said = capsys.readouterr()
    if code == 3:
        assert int(year) < 2017, said.err
        return
    assert code == 0, said.err
    thread = json.loads((tmp_path / "dl-frameworks" / year / "thread.json").read_text())
    told = {post["name"] for post in thread["posts"]}
    left_out = {skipped["post"] for skipped in thread["skipped"]}
    stands_in = {"downloads_live": "downloads", "downloads_growth_live": "downloads_growth", "research_arxiv": "research",
                 "scholar_openalex": "scholar"}  # fmt: skip
    not_needed = {name for name, other in stands_in.items() if other in told}
    assert len(told) + len(left_out) + len(not_needed) == 23
    assert not told & not_needed
    assert not told & left_out
    assert all(skipped["reason"] for skipped in thread["skipped"])
    assert all(post["weighted_length"] <= 280 for post in thread["posts"])


def test_a_report_of_files_is_told_without_a_store_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unpainted: None
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening
        monkeypatch.setenv("DATABASE_URL", f"postgresql://me:s3cr3t@127.0.0.1:{closed.getsockname()[1]}/x")
        assert main(["preview", "dl-frameworks", "--period", "2020", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "composed without the store, so without what was accepted or told before" in told.err
    assert "s3cr3t" not in told.out + told.err


def test_an_unknown_report_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "dl-framework"]) == 2
    assert 'did you mean "dl-frameworks"?' in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "a/b"])
def test_a_report_is_a_name_not_a_path(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", name]) == 2
    assert "there is no report" in capsys.readouterr().err


def test_an_unknown_key_of_the_recipe_is_named_with_the_one_meant(report: Path, tmp_path: Path) -> None:
    edit(report / "report.toml", "granularity =", "granluarity =")
    said = refused(tmp_path)
    assert "report.toml" in said
    assert 'unknown key "granluarity" (did you mean "granularity"?)' in said


def test_a_missing_text_is_named(report: Path, tmp_path: Path) -> None:
    (report / "meaning.txt").unlink()
    assert "meaning.txt does not exist" in refused(tmp_path)


def test_an_unknown_template_variable_is_named_with_file_line_and_the_one_meant(report: Path, tmp_path: Path) -> None:
    edit(report / "opening.txt", "{{ claims.lead }}", "{{ claims.laed }}")
    said = refused(tmp_path)
    assert "opening.txt, line 7" in said
    assert 'there is no claim "laed" (did you mean "lead"?)' in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{% for i in range(10**9) %}x{% endfor %}", "line 1"),
        (
            "{% for a in subjects %}{% for b in subjects %}{% for c in subjects %}x{% endfor %}{% endfor %}{% endfor %}",
            "nests more than",
        ),
        ("{{ claims.__class__.__mro__ }}", "line 1"),
        ("{{ ''.__class__ }}", "line 1"),
        ("Ansible has 7.3% of it.", 'figure "7.3%"'),
        ("Ansible leads.", 'claim word "leads"'),
        ("Ansible has six times as many.", 'claim word "six"'),
        ("{{ claims.lead", "is not a template"),
    ],
)
def test_a_text_that_cannot_be_honest_or_safe_is_refused(report: Path, tmp_path: Path, text: str, says: str) -> None:
    (report / "meaning.txt").write_text(text, encoding="utf-8")
    said = refused(tmp_path)
    assert "meaning.txt" in said
    assert says in said


def test_a_post_that_is_too_long_names_post_length_and_limit(report: Path, tmp_path: Path) -> None:
    (report / "meaning.txt").write_text("word " * 60, encoding="utf-8")
    said = refused(tmp_path)  # 60 words of 5, less the last blank: 299; with "\n\n2/2": 304
    assert "post meaning (2/2) is 304 long, 24 over the 280 of x" in said


def test_a_title_that_cannot_fit_names_the_title(report: Path, tmp_path: Path) -> None:
    edit(
        report / "report.toml",
        'title = "{{ claims.lead.leads }} among',
        f'title = "{"very long words and " * 12} {{{{ claims.lead.leads }}}} among',
    )
    said = refused(tmp_path)
    assert "very long words" in said
    assert "fit" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tool_users,ansible,2020-01-01,2021-01-01,2955", "tool_users,ansible,2020-01-01,2021-01-01,-1", "is negative"),
        (
            "tool_users,ansible,2020-01-01,2021-01-01,2955",
            "tool_users,ansible,2020-01-01,2021-01-01,2955.5",
            "not a whole number",
        ),
        ("tool_use,ansible,2020-01-01,2021-01-01,7.3", "tool_use,ansible,2020-01-01,2021-01-01,737.3", "more than 100 percent"),
        ("tool_users,ansible,2020-01-01,2021-01-01,2955", "tool_users,ansible,2020-01-01,2021-01-01,NaN", "figures.csv"),
        ("tool_users,ansible,2020-01-01,2021-01-01", "tool_users,ansible,2021-01-01,2020-01-01", "figures.csv"),
        ("tool_users,ansible,2020-01-01,", "tool_users,ansible,2020-01-01T06:00:00,", "offset"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_with_its_place(report: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    edit(report / "figures.csv", old, new)
    said = refused(tmp_path)
    assert re.search(r"figures\.csv\D*[34]\b", said), said
    assert says in said


def test_duplicate_rows_are_refused_with_both_lines(report: Path, tmp_path: Path) -> None:
    path = report / "figures.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[2]]) + "\n")
    said = refused(tmp_path)
    assert "11" in said
    assert "3" in said


def test_a_line_of_ten_megabytes_is_refused_in_few_words(report: Path, tmp_path: Path) -> None:
    with (report / "figures.csv").open("a") as file:
        file.write("x" * 10_000_000 + "\n")
    said = refused(tmp_path)
    assert "figures.csv" in said
    assert len(said) < 1000


def test_a_file_that_is_not_there_is_named(tmp_path: Path, report: Path) -> None:
    said = refused(tmp_path, "--data", "nowhere.csv")
    assert "nowhere.csv" in said


@pytest.mark.parametrize("broken", ["subject,value\n", "", None])
def test_a_wrong_file_of_a_source_the_report_can_do_without_is_refused_with_its_place(
    report: Path, tmp_path: Path, broken: str | None
) -> None:
    edit(report / "report.toml", "required = true\n", "")
    figures = report / "figures.csv"
    figures.unlink() if broken is None else figures.write_text(broken)
    assert "figures.csv" in refused(tmp_path)


def test_figures_of_nobody_s_home_are_refused_with_their_place(report: Path, tmp_path: Path) -> None:
    edit(report / "report.toml", 'files = ["figures.csv"]', 'files = ["~nosuchuser/figures.csv"]')
    said = refused(tmp_path)
    assert "report.toml: sources.csv: " in said
    assert "write the whole path" in said


def test_figures_that_replace_many_others_are_not_all_remarked(report: Path, tmp_path: Path) -> None:
    header, *rows = (report / "figures.csv").read_text().splitlines()
    days = [f"2020-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]

    def table(value: int) -> str:
        counts = [
            f"tool_users,ansible,{day},{end},{value},measured,mine,https://example.org,2026-11-22," for day, end in pairwise(days)
        ]
        return "\n".join([header, *rows, *counts]) + "\n"

    (report / "figures.csv").write_text(table(1))
    (tmp_path / "mine.csv").write_text(table(2))
    done = run("preview", "mine", "--period", "2020", "--data", "mine.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).count("it goes before") == 20


def test_a_share_that_contradicts_its_count_is_held_and_said(report: Path, tmp_path: Path) -> None:
    edit(report / "figures.csv", "tool_use,ansible,2020-01-01,2021-01-01,7.3", "tool_use,ansible,2020-01-01,2021-01-01,8.3")
    done = run("preview", "mine", "--period", "2020", folder=tmp_path)
    assert done.returncode == 3
    assert "held" in done.stderr
    assert "2,955 of 40,314" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out" / "mine" / "2020").iterdir()) == ["held.json", "index.html"]


@pytest.mark.skipif(os.name != "posix" or not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_terminal_device_is_not_taken_for_success(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "reports"],
            cwd=_ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0


@pytest.mark.parametrize("moment", [0.02, 0.06, 0.1, 0.14, 0.18, 0.22])
def test_a_preview_killed_at_any_moment_leaves_a_whole_edition_or_none(tmp_path: Path, moment: float) -> None:
    with start("preview", "infrastructure-tools", "--period", "2020", folder=tmp_path) as process:
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
    place = tmp_path / "out" / "infrastructure-tools" / "2020"
    if place.exists():
        assert len([path for path in place.rglob("*") if path.is_file()]) == (2 + 1 + 3) + (2 + 1 + 4)
    assert run("preview", "infrastructure-tools", "--period", "2020", folder=tmp_path).returncode == 0


def test_check_finds_the_shipped_reports_right_and_masks_secrets(tmp_path: Path) -> None:
    done = run("check", folder=tmp_path, X_CONSUMER_KEY="s3cr3t-key", DATABASE_URL="postgresql://me:s3cr3t@host/db")
    assert done.returncode == 0, done.stdout
    assert "dl-frameworks: right (23 posts, 16 charts" in done.stdout
    assert "infrastructure-tools: right" in done.stdout
    assert re.search(r"X_CONSUMER_KEY +\*\*\*\*", done.stdout)
    assert re.search(r"X_ACCESS_TOKEN +not set", done.stdout)
    assert "s3cr3t" not in done.stdout + done.stderr


def test_check_reads_a_dotenv_file_below_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("X_CONSUMER_KEY=from-the-file\nX_CONSUMER_SECERT=oops\nX_API_BASE_URL=http://127.0.0.1:9\n")
    done = run("check", "infrastructure-tools", folder=tmp_path, X_API_BASE_URL="http://127.0.0.1:8")
    assert re.search(r"X_CONSUMER_KEY +\*\*\*\*", done.stdout)
    assert 'X_CONSUMER_SECERT is not read; did you mean "X_CONSUMER_SECRET"?' in done.stdout
    assert "http://127.0.0.1:8" in done.stdout
    assert "from-the-file" not in done.stdout


def test_check_says_what_is_wrong_with_each_report_and_exits_with_2(report: Path, tmp_path: Path) -> None:
    edit(report / "report.toml", 'kind = "survey"', 'kind = "servey"')
    done = run("check", folder=tmp_path)
    assert done.returncode == 2
    assert "mine: wrong" in done.stdout
    assert '(did you mean "survey"?)' in done.stdout
    assert "dl-frameworks: right" in done.stdout


def test_the_schema_for_editors_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["properties"]["posts"]["minItems"] == 1
    assert schema["additionalProperties"] is False


def test_the_example_environment_names_exactly_the_variables_that_are_read() -> None:
    named = re.findall(r"^([A-Z_]+)=", (_ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(VARIABLES)


@pytest.mark.parametrize(
    "now", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon", "2021-01-01T06:00"]
)
def test_an_instant_that_cannot_be_meant_is_refused(now: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "infrastructure-tools", "--now", now]) == 2
    assert "--now" in capsys.readouterr().err


@pytest.mark.usefixtures("unpainted")
def test_windows_that_end_after_now_are_not_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "--period", "2019", "--now", "2020-01-01", "--out", str(tmp_path)]) == 0
    thread = json.loads((tmp_path / "dl-frameworks" / "2019" / "thread.json").read_text())
    facts = json.loads((tmp_path / "dl-frameworks" / "2019" / "facts.json").read_text())
    assert {
        fact["window"]["end"] for fact in facts if fact["window"] and fact["window"]["end"] > "2020-01-01T00:00:00+00:00"
    } == set()
    assert "downloads" not in [post["name"] for post in thread["posts"]]  # the window of 2019 ends on 2020-01-03
    capsys.readouterr()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("X_API_BASE_URL", "https://user:hunter2@example.org"),
        ("X_API_BASE_URL", "hunter2"),
        ("THREADMILL_HOME", "~nosuchuserhunter2"),
    ],
)
def test_a_setting_that_may_hold_a_secret_is_refused_without_repeating_it(tmp_path: Path, variable: str, value: str) -> None:
    done = run("check", folder=tmp_path, **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert variable == "THREADMILL_HOME" or "hunter2" not in done.stdout + done.stderr


def test_a_secret_is_not_read_into_another_variable(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("X_CONSUMER_KEY=hunter2\nX_API_BASE_URL=https://${X_CONSUMER_KEY}.example.org\n")
    done = run("check", "infrastructure-tools", folder=tmp_path)
    assert "hunter2" not in done.stdout + done.stderr


def test_a_file_of_secrets_given_as_figures_is_refused_without_repeating_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("X_CONSUMER_SECRET=hunter2\nX_ACCESS_TOKEN=hunter3\n")
    done = run("preview", "infrastructure-tools", "--period", "2020", "--data", ".env", folder=tmp_path)
    assert done.returncode == 2
    assert ".env" in done.stderr
    assert "hunter" not in done.stdout + done.stderr


def test_a_pipe_in_place_of_a_recipe_is_refused_at_once(report: Path, tmp_path: Path) -> None:
    (report / "report.toml").unlink()
    os.mkfifo(report / "report.toml")
    done = run("check", "mine", folder=tmp_path)
    assert done.returncode == 2


@pytest.mark.parametrize("toml", ["a = " + "[" * 20_000, "a = " + "1" * 5_001, "title = 1\n" * 2, "\ufefftitel = 1"])
def test_a_recipe_that_is_no_recipe_is_refused_in_words(report: Path, tmp_path: Path, toml: str) -> None:
    (report / "report.toml").write_text(toml, encoding="utf-8")
    assert "report.toml" in refused(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "Ansible"', 'name = "Ansible (leads with 90%)"', "more than a name"),
        ('name = "Ansible"', 'name = "5 more"', "more than a name"),
        ('granularity = "year"', 'granularity = "year"\nnames = ["5"]', "more than a name"),
        ('granularity = "year"', 'granularity = "year"\nnames = ["leads by 5 million"]', "more than a name"),
        ('noun = "respondents"', 'noun = "respondents, 99% of all"', "without figures"),
        ('short = "Survey share"', 'short = "leads 99%"', "without figures"),
        ('fill = "#2e87df"', 'fill = "#ffffff"', "contrast of 1.0"),
        ('ink = "#1b6bb8"', 'ink = "#2e87df"', "contrast of 3.7"),
        ('kind = "survey"', 'kind = "survey"\nsince = "2018"', "since is for trend and share charts"),
        ('metric = "tool_use"\nsubjects = ["puppet", "chef"]', 'metric = "tool_use"\nsubjects = ["puppet", "chef", "ansible"]', "the two a ratio is of"),
        ('base = "tool_users"', 'base = "tool_use"', "no count"),
    ],
)  # fmt: skip
def test_a_recipe_that_would_say_or_draw_something_false_is_refused(
    report: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    edit(report / "report.toml", old, new)
    assert says in refused(tmp_path)


@pytest.mark.parametrize(
    "text", ["{F}M respondents", "{F} bn of them", "{F}% of all", "-{F}", ".{F}", "${F}", "{F}\u2060{F}", "~{F}", "{F}k"]
)
def test_a_literal_glued_to_a_figure_does_not_make_another_of_it(report: Path, tmp_path: Path, text: str) -> None:
    (report / "meaning.txt").write_text(text.replace("{F}", "{{ figures.tool_users.all }}"), encoding="utf-8")
    refused(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["PyTorch lеads", "PyTorch le\u200bads", "PyTorch gro\u00adws", "PyTorch ｌｅａｄｓ", "PyTorch 𝐥𝐞𝐚𝐝𝐬", "PyTorch _leads_", "MMⅩ users", "Ansible > Chef",
     "Ansible 🥇", "Usage increased", "Ansible tops the list", "Chef trails", "Ansible is number one", "\u202e05 users", "5\u0336 users", "a\x00b"],
)  # fmt: skip
def test_a_claim_in_disguise_is_refused(report: Path, tmp_path: Path, text: str) -> None:
    (report / "meaning.txt").write_text(text, encoding="utf-8")
    refused(tmp_path)


def test_a_stopped_preview_cleans_up_behind_itself(tmp_path: Path) -> None:
    with start("preview", "infrastructure-tools", "--period", "2020", folder=tmp_path) as process:
        process.stderr.readline()  # it has begun
        process.send_signal(signal.SIGTERM)
    assert process.returncode in (143, 0)
    assert not [path for path in tmp_path.rglob(".*") if path.is_dir()]
