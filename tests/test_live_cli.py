"""Live sources through the front door: what is asked, what a person is told, and what is left when a run is stopped."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import wiring
from bot.cli import main
from bot.domain.period import Period
from bot.ports import Reply
from bot.sources import _http
from bot.store import open_store
from tests import town
from tests.processes import ROOT, Command
from tests.sources.services import Answer, Request, Server
from tests.store.conftest import database, server  # noqa: F401 - fixtures
from tests.store.databases import PostgreSQLDatabase
from tests.test_cli import edit

OCTOBER = Period.month(2025, 10)
"""Long over: what was answered about it is not asked again for weeks, so that no test minds midnight."""
NOW = dt.datetime(2026, 11, 5, 6, 0, tzinfo=dt.UTC)
GONE = Answer("no", 404)
SOURCES = [
    "archive", "arxiv", "clickpy", "conda", "conference_papers", "csv", "dockerhub", "github", "github_events", "github_history",
    "hn_hiring", "huggingface", "kaggle_notebooks", "kaggle_survey", "manual", "npm", "openalex", "pypi_logs", "pypistats", "so_survey",
    "stackoverflow", "survey_microdata", "top_pypi", "wikipedia",
]  # fmt: skip
FILES = ["archive", "conference_papers", "csv", "github_history", "kaggle_survey", "manual", "so_survey", "top_pypi"]
COMPUTED = ["github_events", "kaggle_notebooks", "pypi_logs", "survey_microdata"]
QUESTIONS = {
    "2024-10": {"django": 300, "flask": 90},
    "2025-09": {"django": 220, "flask": 75},
    "2025-10": {"django": 210, "flask": 70},
}
RECIPE = """
title = "Questions"
network = "x"
granularity = "month"

[subjects.django]
name = "Django"
fill = "#0c6b4a"
ink = "#0c6b4a"
ids = { stackoverflow = "django", hn_hiring = "Django" }

[subjects.flask]
name = "Flask"
fill = "#2e87df"
ink = "#1b6bb8"
ids = { stackoverflow = "flask", hn_hiring = "Flask" }

[claims.lead]
kind = "lead"
metric = "so_questions"
subjects = ["django", "flask"]

[[posts]]
name = "opening"
"""
OPENING = "{% for figure in claims.lead.ranked %}\n{{ figure.subject }} {{ figure | compact }}\n{% endfor %}\n"


def stackoverflow(request: Request) -> Answer:
    month = f"{dt.datetime.fromtimestamp(int(request.parameters['fromdate']), dt.UTC):%Y-%m}"
    return Answer(json.dumps({"total": QUESTIONS[month][request.parameters["tagged"]]}))


@dataclass
class Desk:
    """A working folder with one small recipe, its services, and a store; `asked` counts what they were asked."""

    folder: Path
    servers: dict[str, Server]
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> Counter[str]:
        return Counter(
            f"{request.path} {request.parameters.get('tagged', '')} {request.parameters.get('fromdate', '')}"
            for one in self.servers.values()
            for request in one.asked
        )

    def start(self, *arguments: str) -> Command:
        """`threadmill collect mine` as a process of its own, at its services' true pace."""
        environment = self.addresses | {"THREADMILL_HOME": str(self.folder / "home")}
        return Command(*(arguments or ("collect", "mine", "--period", "2025-10")), folder=self.folder, environment=environment)

    def wait_until_asked(self, count: int, process: Command) -> None:
        """Until the services were asked so often, or the process has ended."""
        until = time.monotonic() + 30
        while self.asked.total() < count and process.returncode is None:
            assert time.monotonic() < until
            time.sleep(0.002)

    def readings(self) -> list[tuple[str, str, str, float]]:
        """(source, metric, "subject month", value) of every reading, from a store that is whole."""
        with closing(sqlite3.connect(self.folder / "home" / "threadmill.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            query = "SELECT source, metric, subject || ' ' || substr(period_start, 1, 7), value FROM reading ORDER BY 1, 2, 3, 4"
            return connection.execute(query).fetchall()


SO_READINGS = [
    ("stackoverflow", "so_questions", "django 2024-10", 300.0),
    ("stackoverflow", "so_questions", "django 2025-09", 220.0),
    ("stackoverflow", "so_questions", "django 2025-10", 210.0),
    ("stackoverflow", "so_questions", "flask 2024-10", 90.0),
    ("stackoverflow", "so_questions", "flask 2025-09", 75.0),
    ("stackoverflow", "so_questions", "flask 2025-10", 70.0),
]
# Of 40 posts the first 51 name Django and the first 20 Flask; a year before a fifth fewer: 41 and 16
HN_READINGS = [
    ("hn_hiring", "hn_jobs", "django 2024-10", 100.0),
    ("hn_hiring", "hn_jobs", "django 2025-09", 100.0),
    ("hn_hiring", "hn_jobs", "django 2025-10", 100.0),
    ("hn_hiring", "hn_jobs", "flask 2024-10", 40.0),
    ("hn_hiring", "hn_jobs", "flask 2025-09", 50.0),
    ("hn_hiring", "hn_jobs", "flask 2025-10", 50.0),
    ("hn_hiring", "hn_jobs_posts", "all 2024-10", 40.0),
    ("hn_hiring", "hn_jobs_posts", "all 2025-09", 40.0),
    ("hn_hiring", "hn_jobs_posts", "all 2025-10", 40.0),
    ("hn_hiring", "hn_jobs_posts", "django 2024-10", 40.0),
    ("hn_hiring", "hn_jobs_posts", "django 2025-09", 40.0),
    ("hn_hiring", "hn_jobs_posts", "django 2025-10", 40.0),
    ("hn_hiring", "hn_jobs_posts", "flask 2024-10", 16.0),
    ("hn_hiring", "hn_jobs_posts", "flask 2025-09", 20.0),
    ("hn_hiring", "hn_jobs_posts", "flask 2025-10", 20.0),
]


@contextmanager
def a_desk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sources: str = "[sources.stackoverflow]\n", **services: object
) -> Iterator[Desk]:
    """`services` answer; the environment of this process asks them too, without waiting."""
    recipe = folder / "templates" / "mine"
    recipe.mkdir(parents=True)
    title, _, rest = RECIPE.partition("[subjects")
    (recipe / "report.toml").write_text(f"{title}{sources}\n[subjects{rest}")
    (recipe / "opening.txt").write_text(OPENING)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("THREADMILL_HOME", str(folder / "home"))
    monkeypatch.setattr(_http, "Clock", town.Unhurried)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Server(answer)) for name, answer in services.items()}  # type: ignore[arg-type]
        desk = Desk(folder, servers, {f"THREADMILL_URL_{name.upper()}": one.url for name, one in servers.items()})
        for one in servers.values():
            one._server.handle_error = lambda *_: None  # type: ignore[method-assign] - whoever asked may have been killed
        for name, url in desk.addresses.items():
            monkeypatch.setenv(name, url)
        yield desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with a_desk(tmp_path, monkeypatch, stackoverflow=stackoverflow) as found:
        yield found


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def it_is(moment: str, monkeypatch: pytest.MonkeyPatch, read_at: str | None = None) -> None:
    """Set the time of the house, and of its clients if that is another."""
    now = dt.datetime.fromisoformat(moment)

    class Then(town.Unhurried):
        def __init__(self, stopped: threading.Event | None = None) -> None:
            super().__init__(stopped)
            self.now = lambda: dt.datetime.fromisoformat(read_at or moment)

    monkeypatch.setattr(wiring, "_now", lambda: now)
    monkeypatch.setattr(_http, "Clock", Then)


def said(capfd: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What `threadmill ...` prints, on either stream."""
    capfd.readouterr()
    found = main(arguments)
    out, err = capfd.readouterr()
    assert found == code, out + err
    assert "Traceback" not in out + err
    return out + err


# sources ------------------------------------------------------------------------------------------------------------------------


def test_sources_names_every_room_with_its_days_depth_lag_quota_terms_and_the_line_owed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    blocks = [block.splitlines() for block in said(capfd, "sources").strip().split("\n\n")]
    assert [block[0] for block in blocks] == SOURCES
    for name, *lines in blocks:
        told = [line.split()[0] for line in lines[1:]]
        assert told[:4] == ["days", "depth", "lag", "quota"], name
        assert all(len(line.split()) > 1 for line in lines), name
        if name not in ("archive", "csv", "manual", "survey_microdata"):  # their origins are told by each of their figures
            assert told[4:6] == ["terms", "owed"], name
        assert ("computed" in told) == (name in COMPUTED), name
        assert ("asked" in told) == (name not in (*FILES, *COMPUTED)), name


def test_sources_of_one_name_tells_it_all(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    assert said(capfd, "sources", "stackoverflow") == (
        "stackoverflow\n"
        "    Questions on Stack Overflow that carry a tag.\n"
        "    days       midnight UTC\n"
        "    depth      from 2008\n"
        "    lag        counted at once; provisional for three days, while bad questions are deleted\n"
        "    quota      300 requests a day without a key, 10,000 with one\n"
        "    terms      Stack Overflow: posts are CC BY-SA, counts are facts; the page of the tag is to be linked\n"
        "    owed       Stack Exchange API, questions by tag on Stack Overflow\n"
        "    asked at   https://api.stackexchange.com, once every 0.5 s at most, key in STACKEXCHANGE_KEY\n"
        "    so_questions (questions): Stack Overflow questions\n"
        "        measures: Questions asked on Stack Overflow in the window that carry the tag.\n"
        "        does not measure: Use, or need of help: people ask elsewhere, above all language models. Untagged questions.\n"
        "        known biases: Questions that are deleted later are gone from the count, in old windows too. The site has shrunk "
        "for years, so a fall says little about one tag alone. Tags are renamed and merged.\n"
        "\n"
    )
    assert not home.exists()


def test_an_unknown_source_is_answered_with_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    assert 'there is no source "clickpi" (did you mean "clickpy"?)' in said(capfd, "sources", "clickpi", code=2)
    assert 'did you mean "clickpy"?' in said(capfd, "sources", "clickpi", "--try", code=2)


def test_a_tried_source_shows_value_window_status_and_age(
    capfd: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    it_is("2025-11-02T08:30:00+00:00", monkeypatch, read_at="2025-11-02T06:00:00+00:00")
    told = said(capfd, "sources", "stackoverflow", "--try", "--report", "mine")
    assert told.partition("asking ")[0] == (
        "stackoverflow for mine, October 2025\n"
        "    300 so_questions of django, October 2024 (measured); read 2.5 hours ago, 366 days after its end\n"
        "    220 so_questions of django, September 2025 (measured); read 2.5 hours ago, 32 days after its end\n"
        "    210 so_questions of django, October 2025 (provisional); read 2.5 hours ago, 30.0 hours after its end\n"
        "    90 so_questions of flask, October 2024 (measured); read 2.5 hours ago, 366 days after its end\n"
        "    75 so_questions of flask, September 2025 (measured); read 2.5 hours ago, 32 days after its end\n"
        "    70 so_questions of flask, October 2025 (provisional); read 2.5 hours ago, 30.0 hours after its end\n"
    )


def test_a_source_is_tried_for_the_report_whose_periods_fit_the_one_asked_for(
    capfd: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(desk.servers["stackoverflow"], "asked", [])
    assert "stackoverflow for mine, October 2025" in said(capfd, "sources", "stackoverflow", "--try", "--period", "2025-10")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # a report of the working folder comes before those that come along
    with town.town(monkeypatch, OCTOBER):
        told = said(capfd, "sources", "stackoverflow", "--try", "--period", "2025-10")
    assert "stackoverflow for dl-frameworks-monthly, October 2025" in told  # dl-frameworks goes by the year
    assert "96 so_questions of pytorch, October 2025" in told


@pytest.mark.parametrize(
    ("answer", "says"), [(Answer("Down for maintenance", 503), "Down for maintenance"), (GONE, "answered 404")]
)
def test_a_tried_source_that_is_down_is_a_problem(
    answer: Answer, says: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_desk(tmp_path, monkeypatch, stackoverflow=lambda _: answer):
        told = said(capfd, "sources", "stackoverflow", "--try", "--report", "mine", "--period", "2025-10", code=3)
    assert "    problem: stackoverflow " in told
    assert says in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["top_pypi"],
            'no report has the source "top_pypi", so there are no subjects to ask about; add [sources.top_pypi] to a recipe',
        ),
        (["conda", "--report", "python-web-frameworks"], 'python-web-frameworks has no source "conda"'),
        (["conda", "--report", "python-web-framework"], 'did you mean "python-web-frameworks"?'),
        (["clickpy", "--report", "python-web-frameworks", "--period", "2025"], "is a report by month; 2025 is a year"),
        (["clickpy", "--period", "2026-13"], "month must be in 1..12"),
        (["clickpy", "--report", "python-web-frameworks", "--period", "2026-11", "--now", "2026-11-22"], "is not over"),
        ([], "--try asks one source; name it: threadmill sources NAME --try"),
    ],
)
def test_a_source_that_cannot_be_tried_is_refused_with_advice(
    arguments: list[str], says: str, capfd: pytest.CaptureFixture[str], home: Path
) -> None:
    assert says in said(capfd, "sources", *arguments, "--try", code=2)
    assert not home.exists()


def test_a_source_of_files_is_tried_without_a_store(
    capfd: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it_is("2026-11-22T08:30:00+00:00", monkeypatch)
    told = said(capfd, "sources", "csv", "--try", "--period", "2020")
    assert "csv for infrastructure-tools, 2020\n" in told
    assert re.search(r"    2,955 tool_users of ansible, 2020 \(measured\); read .* ago, \d+ days after its end\n", told)
    assert not home.exists()


# collect ------------------------------------------------------------------------------------------------------------------------


def test_collect_asks_every_live_source_of_every_report(
    capfd: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = Period.month(2026, 10)
    nobody = {"openalex": lambda _: GONE, "hn_hiring": lambda _: GONE, "npm": lambda _: GONE}
    with town.town(monkeypatch, month, **nobody):
        it_is("2026-11-05T06:00:00+00:00", monkeypatch)
        told = said(capfd, "collect").splitlines()
    outcomes = [re.split(r"[ :;]+", line)[:4] for line in told if "observations" in line]
    assert {(report, period) for report, period, *_ in outcomes} == {
        ("dl-frameworks", "2025"),
        ("dl-frameworks-monthly", "2026-10"),
        ("python-web-frameworks", "2026-10"),
    }
    assert [source for report, _, source, _ in outcomes if report == "python-web-frameworks"] == [
        "clickpy", "pypistats", "github", "hn_hiring", "stackoverflow", "wikipedia",
    ]  # fmt: skip
    assert "python-web-frameworks 2026-10  stackoverflow: 12 observations" in told  # 4 tags, 3 months each
    assert "dl-frameworks-monthly 2026-10  dockerhub: 2 observations" in told
    (failed,) = (line for line in told if line.startswith("python-web-frameworks 2026-10  hn_hiring"))
    assert failed.startswith("python-web-frameworks 2026-10  hn_hiring: 0 observations; hn_hiring answered 404")


def test_collect_of_a_period_asks_for_the_reports_that_go_by_it(
    capfd: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.town(monkeypatch, Period.month(2026, 9), hn_hiring=lambda _: GONE):
        it_is("2026-11-05T06:00:00+00:00", monkeypatch)
        told = said(capfd, "collect", "--period", "2026-09")
    assert set(re.findall(r"^(\S+) (\S+)  ", told, re.MULTILINE)) == {
        ("dl-frameworks-monthly", "2026-09"),
        ("python-web-frameworks", "2026-09"),
    }


def test_a_recipe_that_cannot_be_read_does_not_cost_the_others_their_day(capfd: pytest.CaptureFixture[str], desk: Desk) -> None:
    broken = desk.folder / "templates" / "broken"
    broken.mkdir()
    (broken / "report.toml").write_text("title = ")
    told = said(capfd, "collect", "--period", "2025-10", code=2)
    assert "broken is not collected: " in told
    assert "mine 2025-10  stackoverflow: 6 observations" in told


def test_collect_of_one_report_asks_its_sources_alone(capfd: pytest.CaptureFixture[str], desk: Desk) -> None:
    assert "mine 2025-10  stackoverflow: 6 observations\n" in said(capfd, "collect", "mine", "--period", "2025-10")
    assert desk.readings() == SO_READINGS
    assert desk.asked.total() == 6
    assert [path.name for path in (desk.folder / "home").iterdir()] == ["threadmill.db"]  # closed: no write-ahead log beside it
    assert main(["collect", "mine", "--period", "2025-10"]) == 0
    assert desk.asked.total() == 6
    assert desk.readings() == SO_READINGS


def test_collect_of_a_report_without_live_sources_asks_nobody(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    assert "no report has a live source" in said(capfd, "collect", "infrastructure-tools")


def test_collect_exits_with_3_when_all_sources_fail_and_with_0_when_one_does_not(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = "[sources.stackoverflow]\n[sources.hn_hiring]\n"
    refused = {"stackoverflow", "hn_hiring"}
    with a_desk(
        tmp_path,
        monkeypatch,
        both,
        stackoverflow=lambda request: Answer("no", 403) if "stackoverflow" in refused else stackoverflow(request),
        hn_hiring=lambda _: Answer("no", 403),
    ):
        told = said(capfd, "collect", "mine", "--period", "2025-10", code=3)
        assert "mine 2025-10  stackoverflow: 0 observations; stackoverflow answered 403 Forbidden: no." in told
        refused.discard("stackoverflow")
        told = said(capfd, "collect", "mine", "--period", "2025-10")
        assert "mine 2025-10  stackoverflow: 6 observations\n" in told
        assert "mine 2025-10  hn_hiring: 0 observations; hn_hiring answered 403 Forbidden: no." in told


@pytest.mark.usefixtures("unpainted")
def test_snapshots_of_two_months_ends_make_a_growth_and_one_alone_does_not(
    capfd: pytest.CaptureFixture[str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = "dl-frameworks-monthly"
    with town.town(monkeypatch, Period.month(2026, 10), hn_hiring=lambda _: GONE):
        it_is("2026-11-01T06:00:00+00:00", monkeypatch)
        said(capfd, "collect", report)
        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "later"))
        alone = the_stars(capfd, tmp_path / "alone", home)

        monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "both"))
        it_is("2026-10-01T06:00:00+00:00", monkeypatch)
        said(capfd, "collect", report)
        monkeypatch.setitem(town.STARS, "pytorch/pytorch", 98_500)  # 97,000 before
        monkeypatch.setitem(town.STARS, "tensorflow/tensorflow", 193_250)  # 193,000 before
        it_is("2026-11-01T06:00:00+00:00", monkeypatch)
        said(capfd, "collect", report)
        said(capfd, "collect", report)
        both = the_stars(capfd, tmp_path / "out", tmp_path / "both")
    assert "added" not in alone
    assert "In October 2026: PyTorch added 1,500 stars; TensorFlow added 250 stars." in both
    with open_store(f"sqlite:///{tmp_path / 'both' / 'threadmill.db'}") as store:
        stars = [one.observation for one in store.readings("github", ["pytorch/pytorch"]) if one.observation.metric == "gh_stars"]
    assert [(seen.period.end.isoformat(), seen.value) for seen in stars] == [
        ("2026-10-01T06:00:00+00:00", 97_000),
        ("2026-11-01T06:00:00+00:00", 98_500),
    ]


def the_stars(capfd: pytest.CaptureFixture[str], out: Path, home: Path) -> str:
    """The post on stars of October, from what is in a home."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("THREADMILL_HOME", str(home))
        said(capfd, "preview", "dl-frameworks-monthly", "--period", "2026-10", "--offline", "--out", str(out))
    posts = json.loads((out / "dl-frameworks-monthly" / "2026-10" / "thread.json").read_text())["posts"]
    return next(str(post["text"]) for post in posts if post["name"] == "stars")


# reply --------------------------------------------------------------------------------------------------------------------------


def test_a_reply_nobody_kept_is_refused_and_no_store_is_made_for_it(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    assert "no reply is kept under 00ff; threadmill explain prints" in said(capfd, "reply", "00ff", code=2)
    assert not home.exists()


def test_a_reply_is_printed_byte_by_byte(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], home: Path) -> None:
    body = bytes(range(256)) + b"\r\n\x1b[31m\x00"
    with open_store(f"sqlite:///{home / 'threadmill.db'}") as store:
        store.keep("npm", "key", Reply(body, "https://example.org/", "/x", NOW))
    assert main(["reply", hashlib.sha256(body).hexdigest()]) == 0
    assert capfdbinary.readouterr().out == body


# check --------------------------------------------------------------------------------------------------------------------------


def test_check_names_an_address_of_a_source_there_is_not_and_masks_keys(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREADMILL_URL_CLICKPI", "http://127.0.0.1:1")
    monkeypatch.setenv("THREADMILL_URL_NPM", "http://127.0.0.1:2")
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2")
    monkeypatch.setenv("STACKEXCHANGE_KEY", "hunter3")
    told = said(capfd, "check")
    assert 'THREADMILL_URL_CLICKPI is not read; did you mean "THREADMILL_URL_CLICKPY"?\n' in told
    assert "npm is asked at http://127.0.0.1:2\n" in told
    assert "clickpi is asked" not in told
    assert re.search(r"^GITHUB_TOKEN +\*\*\*\*$", told, re.MULTILINE)
    assert re.search(r"^STACKEXCHANGE_KEY +\*\*\*\*$", told, re.MULTILINE)
    assert re.search(r"^HF_TOKEN +not set$", told, re.MULTILINE)
    assert "hunter" not in told


def test_an_address_without_tls_or_with_a_password_is_refused_unrepeated(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("http://example.org", "https://me:hunter2@example.org", "hunter2"):
        monkeypatch.setenv("THREADMILL_URL_NPM", url)
        told = said(capfd, "collect", code=2)
        assert "THREADMILL_URL_NPM is no plain https address" in told
        assert "hunter2" not in told


# the recipe ---------------------------------------------------------------------------------------------------------------------


def test_a_required_live_source_that_gives_nothing_ends_the_preview(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_desk(tmp_path, monkeypatch, "[sources.stackoverflow]\nrequired = true\n", stackoverflow=lambda _: GONE):
        told = said(capfd, "preview", "mine", "--period", "2025-10", code=3)
    assert "threadmill: stackoverflow answered 404 Not Found: no." in told
    assert not (tmp_path / "out").exists()


def test_a_live_source_is_not_asked_before_the_period_the_recipe_wants_it_from(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_desk(tmp_path, monkeypatch, '[sources.stackoverflow]\nsince = "2025-11"\n', stackoverflow=stackoverflow) as desk:
        told = said(capfd, "collect", "mine", "--period", "2025-10")
        assert "stackoverflow: 0 observations; stackoverflow is asked for periods from November 2025 on" in told
        assert desk.asked.total() == 0
        edit(tmp_path / "templates/mine/report.toml", '"2025-11"', '"2025-10"')
        assert "stackoverflow: 6 observations\n" in said(capfd, "collect", "mine", "--period", "2025-10")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[sources.github]", "[sources.github]\nsince = 2021", "sources.github.since is 2021; write a period in quotes"),
        ("[sources.github]", '[sources.github]\nsince = "soon"', "sources.github.since"),
        ("[sources.github]", "[sources.githup]", '(did you mean "github"?)'),
        ('instead_of = "downloads"', 'instead_of = "download"', 'posts.downloads_pypistats.instead_of'),
        ('instead_of = "downloads"', 'instead_of = "download"', '(did you mean "downloads"?)'),
        ('against = "previous"', 'against = "yesterday"', "claims.pytorch_downloads_month.against"),
        ("last = 13", 'last = 13\nsince = "2026-01"', "posts.downloads_growth.chart.last stands beside since; keep one of them"),
    ],
)  # fmt: skip
def test_a_recipe_that_asks_for_what_there_is_not_is_refused_with_its_place(
    old: str, new: str, says: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Path(shutil.copytree(ROOT / "templates" / "dl-frameworks-monthly", tmp_path / "templates" / "mine"))
    edit(mine / "report.toml", old, new)
    monkeypatch.chdir(tmp_path)
    for verb in ("preview", "collect", "check"):
        told = said(capfd, verb, "mine", code=2)
        assert "report.toml" in told
        assert says in told
    assert not home.exists()


# the store ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb", [("collect", "mine"), ("preview", "mine"), ("sources", "stackoverflow", "--try", "--report", "mine")]
)
def test_a_store_that_cannot_be_reached_is_told_within_seconds_and_without_its_password(
    verb: tuple[str, ...], capfd: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening
        port = closed.getsockname()[1]
        for url, says in (
            (f"postgresql://me:hunter2@127.0.0.1:{port}/x", "the server is down or out of reach"),
            ("hunter2", "does not begin with a scheme"),
            ("mysql://me:hunter2@localhost/x", 'cannot be kept in "mysql"'),
            ("postgresql://me:hun@ter2@localhost/x", "more than one @"),
        ):
            monkeypatch.setenv("DATABASE_URL", url)
            began = time.monotonic()
            told = said(capfd, *verb, "--period", "2025-10", code=2)
            assert time.monotonic() - began < 5
            assert says in told
            assert "hunter2" not in told
            assert "ter2" not in told
    assert desk.asked.total() == 0
    assert not (desk.folder / "home").exists()


def test_a_home_that_cannot_be_written_is_told_and_nobody_is_asked(
    capfd: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "file").write_text("mine")
    for home in (desk.folder / "file", desk.folder / "file" / "below", Path("/proc/threadmill")):
        monkeypatch.setenv("THREADMILL_HOME", str(home))
        assert "cannot be made" in said(capfd, "collect", "mine", "--period", "2025-10", code=2)
    assert (desk.folder / "file").read_text() == "mine"
    assert desk.asked.total() == 0


@pytest.mark.parametrize("content", [b"figures I would miss\n" * 300, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_store_that_is_no_database_is_told_and_left_as_it_was(
    content: bytes, capfd: pytest.CaptureFixture[str], desk: Desk
) -> None:
    file = desk.folder / "home" / "threadmill.db"
    file.parent.mkdir()
    file.write_bytes(content)
    for arguments in (["collect", "mine"], ["preview", "mine"], ["preview", "mine", "--offline"]):
        assert "threadmill.db cannot be used: " in said(capfd, *arguments, "--period", "2025-10", code=2)
    assert "threadmill.db cannot be used: " in said(capfd, "reply", "00", code=2)
    assert file.read_bytes() == content
    assert [path.name for path in file.parent.iterdir()] == ["threadmill.db"]
    assert desk.asked.total() == 0


def test_a_server_of_postgresql_keeps_what_was_collected(
    capfd: pytest.CaptureFixture[str],
    desk: Desk,
    database: PostgreSQLDatabase,  # noqa: F811 - a fixture, imported by its name
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    said(capfd, "collect", "mine", "--period", "2025-10")
    said(capfd, "preview", "mine", "--period", "2025-10")
    assert (desk.folder / "out/mine/2025-10/posts/01.txt").read_text().startswith("Django 210\nFlask 70")
    assert desk.asked.total() == 6
    assert database.ask("SELECT count(*), sum(value) FROM reading") == [(6, 965.0)]  # 300 + 220 + 210 + 90 + 75 + 70
    story = said(capfd, "explain", "mine", "2025-10", "1")
    digest = hashlib.sha256(b'{"total": 210}').hexdigest()
    assert f"14 bytes; threadmill reply {digest} prints them" in story
    assert said(capfd, "reply", digest) == '{"total": 210}'
    database.ask("UPDATE reply SET retrieved_at = retrieved_at - interval '801 days'")
    database.ask("UPDATE payload SET stored_at = stored_at - interval '801 days'")
    assert "6 replies with " in said(capfd, "prune", "--yes")
    story = said(capfd, "explain", "mine", "2025-10", "1")
    assert "pruned     these bytes were kept, and no thread cited them for as long as that (THREADMILL_KEEP_DAYS)" in story
    connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'threadmill'"
    until = time.monotonic() + 10
    while database.ask(connected) != [(0,)]:  # the server's side of a closed connection goes when it gets to it
        assert time.monotonic() < until
        time.sleep(0.01)
    assert "has nothing to say" in said(capfd, "preview", "mine", "--period", "2025-10", "--offline", code=3)
    assert not (desk.folder / "home").exists()


# stopped ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_collect_that_is_stopped_while_a_service_is_silent_ends_at_once_and_goes_on_where_it_was(
    number: signal.Signals, code: int, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, over = threading.Event(), threading.Event()
    count = iter(range(1, 100))

    def slow(request: Request) -> Answer:
        if next(count) == 3:
            silent.set()
            over.wait(30)
        return stackoverflow(request)

    with a_desk(tmp_path, monkeypatch, stackoverflow=slow) as desk:
        with desk.start() as process:
            assert silent.wait(30)
            began = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate()
            took = time.monotonic() - began
        over.set()
        assert process.returncode == code
        assert took < 2
        assert "Traceback" not in out + err
        assert ("nothing was left half done" in err) == (number == signal.SIGINT)
        assert desk.readings() == SO_READINGS[:2]

        assert "stackoverflow: 6 observations\n" in said(capfd, "collect", "mine", "--period", "2025-10")
        asked = desk.asked
        assert sorted(asked.values()) == [1, 1, 1, 1, 1, 2]
        assert asked[f"/2.3/questions django {OCTOBER.start.timestamp():.0f}"] == 2  # the one that was not answered
        assert desk.readings() == SO_READINGS
        said(capfd, "preview", "mine", "--period", "2025-10", "--offline")
        assert (tmp_path / "out/mine/2025-10/posts/01.txt").read_text().startswith("Django 210\nFlask 70")


def test_a_preview_that_is_interrupted_while_a_service_is_silent_ends_at_once_and_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, over = threading.Event(), threading.Event()

    def never(_: Request) -> Answer:
        silent.set()
        over.wait(30)
        return GONE

    with a_desk(tmp_path, monkeypatch, stackoverflow=never) as desk:
        with desk.start("preview", "mine", "--period", "2025-10") as process:
            assert silent.wait(30)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            took = time.monotonic() - began
        over.set()
    assert process.returncode == 130
    assert took < 2
    assert "Traceback" not in out + err
    assert not (tmp_path / "out").exists()


def test_a_collect_that_is_ended_while_it_loads_a_room_does_not_blame_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "street").mkdir()
    (tmp_path / "street" / "room.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    with a_desk(tmp_path, monkeypatch, '[sources."street.room"]\n') as desk, desk.start() as process:
        assert process.communicate() == ("", "")
    assert process.returncode == 143


BOTH = "[sources.stackoverflow]\n[sources.hn_hiring]\n"


@pytest.fixture
def busy_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Two services; the one of Hacker News has 3 threads of 40 posts and takes its time."""
    monkeypatch.setattr(town, "POSTS", 40)
    news = town.HackerNews(OCTOBER)

    def slowly(request: Request) -> Answer:
        time.sleep(0.01)
        return news(request)

    with a_desk(tmp_path, monkeypatch, BOTH, stackoverflow=stackoverflow, hn_hiring=slowly) as found:
        yield found


def test_a_collect_that_is_killed_again_and_again_loses_no_more_than_what_was_under_way(
    busy_desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    moments, kills = random.Random(2020), 6
    for _ in range(kills):
        with busy_desk.start() as process:
            busy_desk.wait_until_asked(busy_desk.asked.total() + moments.randint(16, 22), process)
            time.sleep(moments.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -9
        assert set(busy_desk.readings()) <= set(HN_READINGS + SO_READINGS)
    said(capfd, "collect", "mine", "--period", "2025-10")
    assert busy_desk.readings() == HN_READINGS + SO_READINGS
    asked = busy_desk.asked
    assert len(asked) == 6 + 1 + 3 * 41  # tags and months; the account; each thread with its posts
    assert asked.total() - len(asked) <= kills * (8 + 1)  # as many as may be under way together


def test_two_collects_at_once_share_a_store_and_record_nothing_twice(busy_desk: Desk) -> None:
    pair = [busy_desk.start() for _ in range(2)]
    for process in pair:
        _, err = process.communicate()
        assert process.returncode == 0, err
    assert busy_desk.readings() == HN_READINGS + SO_READINGS
