"""`report.toml` and the environment: what is right is read whole, what is wrong is named with its place and the word probably meant."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.analysis.claims import NEEDS
from bot.config import Kinds, Secret, Settings, environment, report, settings
from bot.domain.measure import Aggregation, Metric, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, SourceSpec, Template
from bot.errors import BadInput, BadRecipe
from tests.builders import a_metric

DOWNLOADS = a_metric("downloads")
KINDS = Kinds(NEEDS, ("ranking", "trend"), ("csv", "archive"), {"downloads": DOWNLOADS})

RECIPE = """\
title = "Frameworks"
granularity = "year"
names = ["Web 2.0"]
allow = ["record"]

[sources.csv]
required = true
files = ["figures.csv"]

[sources."my_pkg.source"]

[subjects.keras]
name = "Keras"
fill = "#6d279a"
ink = "#6d279a"
ids = { pypi = "keras" }

[subjects.pytorch]
name = "PyTorch"
fill = "#c72105"
ink = "#b81d03"

[groups.both]
name = "Both"
fill = "#c72105"
ink = "#b81d03"
members = ["keras", "pytorch"]

[metrics.users]
title = "Respondents"
noun = "respondents"
unit = "count"
aggregation = "event"
measures = "a"
does_not_measure = "b"
known_biases = "c"

[metrics.use]
title = "Share"
noun = "respondents"
unit = "percent"
aggregation = "event"
measures = "a"
does_not_measure = "b"
known_biases = "c"
base = "users"
short = "Use"
tolerance_days = 3
absent = "nobody asked"

[claims.lead]
kind = "lead"
metric = "downloads"
subjects = ["keras", "pytorch"]

[claims.growth]
kind = "growth"
metric = "use"
subject = "both"

[claims.overview]
kind = "tally"
claims = ["lead", "growth"]
noun = "conferences"

[[posts]]
name = "opening"
[posts.chart]
kind = "trend"
metric = "downloads"
subjects = ["keras", "pytorch"]
highlight = ["keras"]
title = "{{ claims.lead }}"
subtitle = "Downloads"
caveat = "Gaps"
compare = true
since = "2018-09"

[[posts]]
name = "closing"
text = "end.txt"
"""


def written(folder: Path, recipe: str = RECIPE) -> Path:
    """A report's folder with its recipe and two texts."""
    here = folder / "frameworks"
    here.mkdir()
    (here / "report.toml").write_text(recipe, encoding="utf-8")
    (here / "opening.txt").write_text("Hello\n", encoding="utf-8")
    (here / "end.txt").write_text("Bye\n", encoding="utf-8")
    return here


def changed(old: str, new: str) -> str:
    assert old in RECIPE
    return RECIPE.replace(old, new, 1)


def refusal(folder: Path, recipe: str) -> str:
    """What the reader of a wrong recipe is told, without the file's folder."""
    here = written(folder, recipe)
    with pytest.raises(BadRecipe) as error:
        report(here, KINDS)
    return str(error.value).replace(f"{here}/", "")


def test_a_whole_recipe_is_read(tmp_path: Path) -> None:
    here = written(tmp_path)
    words = {"measures": "a", "does_not_measure": "b", "known_biases": "c"}
    file = here / "report.toml"
    users = Metric("users", "Respondents", Unit.COUNT, "respondents", Aggregation.EVENT, **words)
    use = Metric("use", "Share", Unit.PERCENT, "respondents", Aggregation.EVENT, **words, short="Use", base="users", tolerance_days=3,
                 absent="nobody asked")  # fmt: skip
    found = report(here, KINDS)
    assert found == Report(
        key="frameworks",
        title="Frameworks",
        network="x",
        granularity=Granularity.YEAR,
        subjects={
            "keras": Subject("keras", "Keras", "#6d279a", "#6d279a", (), {"pypi": "keras"}),
            "pytorch": Subject("pytorch", "PyTorch", "#c72105", "#b81d03"),
            "both": Subject("both", "Both", "#c72105", "#b81d03", ("keras", "pytorch")),
        },
        metrics={"downloads": DOWNLOADS, "users": users, "use": use},
        sources=(SourceSpec("csv", {"files": ["figures.csv"]}, required=True), SourceSpec("my_pkg.source", {})),
        claims=(
            ClaimSpec("lead", "lead", "downloads", ("keras", "pytorch")),
            ClaimSpec("growth", "growth", "use", ("both",)),
            ClaimSpec("overview", "tally", "", (), ("lead", "growth"), "conferences"),
        ),
        posts=(
            PostSpec(
                "opening",
                Template("Hello\n", str(here / "opening.txt")),
                ChartSpec(
                    kind="trend",
                    metrics=("downloads",),
                    subjects=("keras", "pytorch"),
                    title=Template("{{ claims.lead }}", f"{file}: posts.opening.chart.title"),
                    subtitle=Template("Downloads", f"{file}: posts.opening.chart.subtitle"),
                    caveat=Template("Gaps", f"{file}: posts.opening.chart.caveat"),
                    highlight=("keras",),
                    compare=True,
                    since=Period.parse("2018-09"),
                ),
            ),
            PostSpec("closing", Template("Bye\n", str(here / "end.txt"))),
        ),
        names=("Web 2.0",),
        allow=("record",),
    )


# ---- wrong keys and values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "Frameworks"', 'titel = "Frameworks"', 'report.toml: "title" is missing\nreport.toml: unknown key "titel" (did you mean "title"?)'),
        ("names =", "nmaes =", 'report.toml: unknown key "nmaes" (did you mean "names"?)'),
        ("[sources.csv]", "[source.csv]", 'report.toml: unknown key "source" (did you mean "sources"?)'),
        ("ids =", "idz =", 'report.toml: unknown key "subjects.keras.idz" (did you mean "ids"?)'),
        ('members = ["keras", "pytorch"]', 'members = ["keras"]\nmember = 1', 'report.toml: unknown key "groups.both.member" (did you mean "members"?)'),
        ("tolerance_days", "tolerance_day", 'report.toml: unknown key "metrics.use.tolerance_day" (did you mean "tolerance_days"?)'),
        ('subject = "both"', 'subjekt = "both"', 'report.toml: unknown key "claims.growth.subjekt" (did you mean "subject"?)'),
        ('text = "end.txt"', 'txt = "end.txt"', 'report.toml: unknown key "posts.1.txt" (did you mean "text"?)'),
        ("caveat =", "caveats =", 'report.toml: unknown key "posts.0.chart.caveats" (did you mean "caveat"?)'),
        ("names =", "zzz =", 'report.toml: unknown key "zzz"'),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_the_one_probably_meant(tmp_path: Path, old: str, new: str, says: str) -> None:
    lines = refusal(tmp_path, changed(old, new)).split("\n")
    assert set(says.split("\n")) <= set(lines)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "Frameworks"', "title = 5", "title is 5: input should be a valid string"),
        (
            'granularity = "year"',
            'granularity = "quarter"',
            "granularity is 'quarter': input should be 'year', 'month', 'week' or 'day'",
        ),
        ('names = ["Web 2.0"]', 'names = "Web 2.0"', "names is 'Web 2.0': input should be a valid list"),
        ('fill = "#6d279a"', 'fill = "purple"', "subjects.keras.fill is 'purple': string should match pattern"),
        ('fill = "#6d279a"', 'fill = "#6d279"', "subjects.keras.fill is '#6d279': string should match pattern"),
        ('ink = "#6d279a"', 'ink = "#6d279ag"', "subjects.keras.ink is '#6d279ag': string should match pattern"),
        ('name = "Keras"', 'name = " "', "subjects.keras.name is ' ': string should have at least 1 character"),
        ('name = "Keras"', f'name = "{"K" * 41}"', "subjects.keras.name is 'KKKKKK"),
        ('unit = "percent"', 'unit = "times"', "metrics.use.unit is 'times': input should be 'count', 'percent' or 'rate'"),
        (
            "tolerance_days = 3",
            "tolerance_days = -1",
            "metrics.use.tolerance_days is -1: input should be greater than or equal to 0",
        ),
        (
            "tolerance_days = 3",
            "tolerance_days = 401",
            "metrics.use.tolerance_days is 401: input should be less than or equal to 400",
        ),
        ("compare = true", 'compare = "perhaps"', "posts.0.chart.compare is 'perhaps': input should be a valid boolean"),
        ('members = ["keras", "pytorch"]', "members = []", "groups.both.members is []: list should have at least 1 item"),
        ("[subjects.keras]", "[subjects.Keras]", "subjects.Keras.[key] is 'Keras': string should match pattern"),
        ("required = true", 'required = "yes"', "sources.csv.required is 'yes'; write true or false"),
        ('title = "{{ claims.lead }}"\n', "", '"posts.0.chart.title" is missing'),
    ],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert f"report.toml: {says}" in refusal(tmp_path, changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[sources.csv]", "[sources.cvs]", 'sources.cvs names the unknown source "cvs" (did you mean "csv"?); there are csv, archive'),
        ('members = ["keras", "pytorch"]', 'members = ["keras", "pytroch"]',
         'groups.both.members names the unknown subject "pytroch" (did you mean "pytorch"?); there are keras, pytorch'),
        ('members = ["keras", "pytorch"]', 'members = ["both"]', 'groups.both.members names the unknown subject "both"; there are'),
        ("[groups.both]", "[groups.keras]", "groups.keras has the key of a subject; choose another"),
        ("[groups.both]", "[groups.all]", "subjects.all is the word for everybody; choose another key"),
        ("[metrics.users]", "[metrics.downloads]", "metrics.downloads is defined by a source already; use that definition or choose another"),
        ('base = "users"', 'base = "user"', 'metrics.use.base names the unknown metric "user" (did you mean "users"?)'),
        ('kind = "lead"', 'kind = "leed"', 'claims.lead.kind names the unknown claim kind "leed" (did you mean "lead"?); there are lead, ratio,'),
        ('metric = "downloads"\nsubjects', 'metric = "download"\nsubjects', 'claims.lead.metric names the unknown metric "download"'),
        ('metric = "downloads"\n', "", 'claims.lead.metric names the unknown metric "";'),
        ('subject = "both"', 'subject = "bith"', 'claims.growth.subjects names the unknown subject "bith" (did you mean "both"?)'),
        ('subject = "both"\n', "", "claims.growth.subjects names 0 of the 1 a growth claim is about"),
        ('subjects = ["keras", "pytorch"]', 'subjects = ["keras"]', "claims.lead.subjects names 1 of the 2 a lead claim is about"),
        ('claims = ["lead", "growth"]', 'claims = ["lead", "leed"]',
         'claims.overview.claims names the unknown claim above it "leed" (did you mean "lead"?); there are lead, growth'),
        ('claims = ["lead", "growth"]', 'claims = ["lead"]', "claims.overview.claims names fewer than two claims to count"),
        ('kind = "trend"', 'kind = "tend"', 'posts.opening.chart.kind names the unknown chart kind "tend" (did you mean "trend"?)'),
        ('metric = "downloads"\nsubjects = ["keras", "pytorch"]\nhigh', 'metric = "downlaods"\nsubjects = ["keras"]\nhigh',
         'posts.opening.chart.metrics names the unknown metric "downlaods" (did you mean "downloads"?)'),
        ('metric = "downloads"\nsubjects = ["keras", "pytorch"]\nhigh', 'subjects = ["keras"]\nhigh',
         "posts.opening.chart.metric is missing: a chart shows at least one metric"),
        ('highlight = ["keras"]', 'highlight = ["kears"]', 'posts.opening.chart.subjects names the unknown subject "kears" (did you mean "keras"?)'),
        ('since = "2018-09"', 'since = "September"', 'posts.opening.chart.since is wrong: "September" names no period; write a year (2020)'),
        ('name = "closing"', 'name = "opening"', 'posts has two posts named "opening"'),
        ('text = "end.txt"', 'text = "ned.txt"', "posts.closing needs the text ned.txt, which does not exist (did you mean \"end.txt\"?)"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert refusal(tmp_path, changed(old, new)).startswith(f"report.toml: {says}")


def test_a_tally_counts_claims_above_it_only(tmp_path: Path) -> None:
    tally = '[claims.overview]\nkind = "tally"\nclaims = ["lead", "growth"]\nnoun = "conferences"\n'
    recipe = changed(tally, "").replace("[claims.lead]", f"{tally}\n[claims.lead]")
    assert (
        refusal(tmp_path, recipe) == 'report.toml: claims.overview.claims names the unknown claim above it "lead"; there are none'
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('subjects = ["keras", "pytorch"]\n\n[claims.growth]', 'subjects = ["keras", "keras"]\n\n[claims.growth]'),
        ('subject = "both"', 'subject = "both"\nsubjects = ["both", "keras"]'),
        ('subjects = ["keras", "pytorch"]\nhigh', 'subjects = ["keras", "keras"]\nhigh'),
    ],
)
def test_a_subject_named_twice_would_be_counted_twice_and_is_refused(tmp_path: Path, old: str, new: str) -> None:
    assert "twice" in refusal(tmp_path, changed(old, new))


def test_every_mistake_of_shape_is_told_at_once(tmp_path: Path) -> None:
    recipe = changed('granularity = "year"', 'granularity = "quarter"').replace("ids =", "idz =")
    assert len(refusal(tmp_path, recipe).split("\n")) == 2


# ---- files ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["../x", "../frameworks/end.txt", "/etc/hostname", "sub/end.txt", "./end.txt", ".", ".."])
def test_a_text_lies_in_the_folder_of_its_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text("secret", encoding="utf-8")
    assert refusal(tmp_path, changed("end.txt", text)).startswith("report.toml: posts.closing")


def test_a_text_outside_the_folder_is_not_even_looked_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, changed("end.txt", "../x")) == (
        'report.toml: posts.closing.text is "../x"; name a file in the folder of the report'
    )


def test_a_text_with_an_impossible_name_is_refused_in_words(tmp_path: Path) -> None:
    assert refusal(tmp_path, changed("end.txt", "end\\u0000.txt")).startswith("report.toml: posts.closing")


def test_a_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "end.txt").write_bytes(b"caf\xe9")
    with pytest.raises(BadRecipe, match=r"posts\.closing needs the text .*end\.txt, which cannot be read: 'utf-8' codec"):
        report(here, KINDS)


def test_the_mark_some_editors_put_before_a_text_is_not_part_of_it(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "end.txt").write_bytes(b"\xef\xbb\xbfBye")
    assert report(here, KINDS).posts[1].text.source == "Bye"


def test_a_folder_without_a_recipe_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match=r"report\.toml does not exist; a report is a folder with a report\.toml and its texts$"):
        report(tmp_path, KINDS)


def test_a_recipe_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "report.toml").write_bytes(RECIPE.replace("Keras", "K\xe9ras").encode("latin-1"))
    with pytest.raises(BadRecipe, match=r"report\.toml cannot be read: 'utf-8' codec can't decode byte 0xe9"):
        report(here, KINDS)


def test_a_recipe_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.toml").mkdir()
    with pytest.raises(BadRecipe, match=r"report\.toml cannot be read: "):
        report(tmp_path, KINDS)


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        ("title = \n", 1),
        ('title = "a"\ntitle = "b"\n', 2),
        ('title = "a"\n[subjects.keras]\n[subjects.keras]\n', 3),
        ('a = 1\nb = "unclosed\n', 2),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path, recipe: str, line: int) -> None:
    said = refusal(tmp_path, recipe)
    assert said.startswith("report.toml is not TOML: ")
    assert f"line {line}" in said


# ---- environment ---------------------------------------------------------------------------------------------------------------

TOKEN = "tok-3f9a77"


def test_without_variables_there_are_defaults_and_no_secrets() -> None:
    assert settings({}) == Settings(Path("~/.local/share/threadmill").expanduser(), None, "https://api.x.com", {}, {})
    assert settings({"X_API_BASE_URL": "", "THREADMILL_HOME": "", "DATABASE_URL": "", "X_CONSUMER_KEY": ""}) == settings({})


def test_variables_are_read() -> None:
    found = settings(
        {
            "THREADMILL_HOME": "~/mill",
            "DATABASE_URL": "postgresql://u:pw@db/mill",
            "X_API_BASE_URL": "http://127.0.0.1:9000/x/",
            "X_ACCESS_TOKEN": TOKEN,
            "HOME": "/root",
        }
    )
    assert (found.home, found.x_api_base_url, dict(found.unknown)) == (Path("~/mill").expanduser(), "http://127.0.0.1:9000/x", {})
    assert found.database_url is not None
    assert found.database_url.reveal() == "postgresql://u:pw@db/mill"
    assert {name: secret.reveal() for name, secret in found.secrets.items()} == {"X_ACCESS_TOKEN": TOKEN}


@pytest.mark.parametrize(
    "url",
    ["api.x.com", "ftp://api.x.com", "https://", "https://a b", "https://x?y=1", "https://x#y", "javascript:alert(1)", "//x"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(
        BadInput, match=r"^X_API_BASE_URL is .*, which is no http\(s\) address; unset it to use https://api\.x\.com$"
    ):
        settings({"X_API_BASE_URL": url})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("THREADMILL_HOEM", {"THREADMILL_HOEM": "THREADMILL_HOME"}),
        ("X_COMSUMER_KEY", {"X_COMSUMER_KEY": "X_CONSUMER_KEY"}),
        ("X_ACCES_TOKEN_SECRET", {"X_ACCES_TOKEN_SECRET": "X_ACCESS_TOKEN_SECRET"}),
        ("THREADMILL_ZZZ", {"THREADMILL_ZZZ": ""}),
        ("THREADMILL_URL_GITHUB", {}),
        ("PATH", {}),
        ("X_ACCESS_TOKEN", {}),
    ],
)
def test_a_variable_that_looks_like_ours_but_is_not_is_named(name: str, meant: Mapping[str, str]) -> None:
    assert settings({name: "x"}).unknown == meant


def test_the_process_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("X_CONSUMER_KEY=file\nX_CONSUMER_SECRET='of file'\n# note\nNOTHING\n", encoding="utf-8")
    monkeypatch.setenv("X_CONSUMER_KEY", "process")
    found = environment(tmp_path)
    assert (found["X_CONSUMER_KEY"], found["X_CONSUMER_SECRET"]) == ("process", "of file")
    assert "NOTHING" not in found


def test_without_a_file_the_process_is_all_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_CONSUMER_KEY", "process")
    assert environment(tmp_path)["X_CONSUMER_KEY"] == "process"


def test_reading_the_file_leaves_the_process_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_CONSUMER_SECRET", raising=False)
    (tmp_path / ".env").write_text("X_CONSUMER_SECRET=file\n", encoding="utf-8")
    environment(tmp_path)
    assert "X_CONSUMER_SECRET" not in environment(tmp_path / "elsewhere")


def test_a_file_of_variables_that_is_not_utf_8_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"X_CONSUMER_KEY=caf\xe9\n")
    with pytest.raises(BadInput, match=r"\.env"):
        environment(tmp_path)


SECRET = Secret(TOKEN)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: repr(SECRET),
        lambda: str(SECRET),
        lambda: f"{SECRET}",
        lambda: f"{SECRET!r} {SECRET!s} {SECRET:>40}",
        lambda: "{} {:.3}".format(SECRET, SECRET),  # noqa: UP032 - each way of showing is tried
        lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031 - each way of showing is tried
        lambda: json.dumps({"token": SECRET}, default=str),
        lambda: json.dumps([SECRET], default=repr),
        lambda: repr(vars(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN}))),
        lambda: repr(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN})),
        lambda: json.dumps(vars(settings({"X_ACCESS_TOKEN": TOKEN, "DATABASE_URL": TOKEN})), default=str),
        lambda: repr({"a": [SECRET]}),
        lambda: "".join(map(str, [SECRET])),
        lambda: logging.LogRecord("a", 1, "f", 1, "token %s", (SECRET,), None).getMessage(),
        lambda: repr(ValueError(SECRET)) + str(ValueError(SECRET)),
    ],
)  # fmt: skip
def test_a_secret_does_not_show(shown: object) -> None:
    assert TOKEN not in shown()  # type: ignore[operator]


def test_a_secret_is_revealed_where_it_is_asked_for() -> None:
    assert SECRET.reveal() == TOKEN
    assert type(SECRET.reveal()) is str
