"""`report.toml`: what is right is read whole, what is wrong is named with its place and the word probably meant."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from bot import wiring
from bot.analysis.claims import NEEDS
from bot.domain.measure import Aggregation, Break, Metric, Subject, Unit
from bot.domain.period import Granularity, Period
from bot.domain.report import ChartSpec, ClaimSpec, PostSpec, Report, SourceSpec, Template
from bot.errors import BadRecipe
from bot.recipe import Kinds, report
from tests.builders import a_metric

DOWNLOADS = a_metric("downloads")
KINDS = Kinds(NEEDS, ("ranking", "share", "survey", "trend"), ("csv", "archive"), {"downloads": DOWNLOADS})

WORDS = """title = "Other"
noun = "others"
unit = "percent"
aggregation = "event"
measures = "a"
does_not_measure = "b"
known_biases = "c"
"""

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
breaks = [{ at = "2018-01-01", reason = "asked anew" }]

[claims.lead]
kind = "lead"
metric = "downloads"
subjects = ["keras", "pytorch"]
optional = ["pytorch"]

[claims.other]
kind = "ratio"
metric = "downloads"
subjects = ["keras", "both"]

[claims.growth]
kind = "growth"
metric = "use"
subject = "both"

[claims.overview]
kind = "tally"
claims = ["lead", "other"]
noun = "conferences"
minimum = 2

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
since = "2018-09"

[[posts]]
name = "closing"
text = "end.txt"
[posts.chart]
kind = "survey"
metric = "use"
subjects = ["both"]
title = "Share"
subtitle = "Of those asked"
compare = true
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
                 absent="nobody asked", breaks=(Break(dt.datetime(2018, 1, 1, tzinfo=dt.UTC), "asked anew"),))  # fmt: skip
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
            ClaimSpec("lead", "lead", "downloads", ("keras", "pytorch"), optional=("pytorch",)),
            ClaimSpec("other", "ratio", "downloads", ("keras", "both")),
            ClaimSpec("growth", "growth", "use", ("both",)),
            ClaimSpec("overview", "tally", "", (), ("lead", "other"), "conferences", minimum=2),
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
                    since=Period.parse("2018-09"),
                ),
            ),
            PostSpec(
                "closing",
                Template("Bye\n", str(here / "end.txt")),
                ChartSpec(
                    kind="survey",
                    metrics=("use",),
                    subjects=("both",),
                    title=Template("Share", f"{file}: posts.closing.chart.title"),
                    subtitle=Template("Of those asked", f"{file}: posts.closing.chart.subtitle"),
                    compare=True,
                ),
            ),
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


DECLARED = """\
[[breaks]]
metrics = ["downloads", "use"]
at = "2017-03-01"
reason = "mirrors are counted too"
subjects = ["keras"]

"""


def with_break(old: str = "", new: str = "") -> str:
    return changed("[claims.lead]", DECLARED.replace(old, new, 1) + "[claims.lead]")


def test_a_recipe_declares_changes_of_counting_beside_those_of_the_sources(tmp_path: Path) -> None:
    found = report(written(tmp_path, with_break()), KINDS).metrics
    declared = Break(dt.datetime(2017, 3, 1, tzinfo=dt.UTC), "mirrors are counted too", ("keras",))
    assert found["downloads"].breaks == (declared,)
    assert found["use"].breaks == (declared, Break(dt.datetime(2018, 1, 1, tzinfo=dt.UTC), "asked anew"))
    assert (found["use"].breaks_of("keras"), found["use"].breaks_of("pytorch")) == (found["use"].breaks, found["use"].breaks[1:])
    assert found["users"].breaks == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"use"', '"usage"', 'breaks.0.metrics names the unknown metric "usage" (did you mean "use"?)'),
        ('"keras"', '"keros"', 'breaks.0.subjects names the unknown subject "keros" (did you mean "keras"?)'),
        ('"2017-03-01"', '"March"', 'breaks.0.at is wrong: "March" is not an ISO date; write 2021-01-01'),
        ('"2017-03-01"', '"2026-W14"', 'breaks.0.at is wrong: "2026-W14" is not an ISO date; write 2021-01-01'),
        ('"2017-03-01"', '"20260401"', 'breaks.0.at is wrong: "20260401" is not an ISO date; write 2021-01-01'),
        ('metrics = ["downloads", "use"]', "metrics = []", "breaks.0.metrics is []: list should have at least 1 item"),
        ("reason", "raeson", 'unknown key "breaks.0.raeson" (did you mean "reason"?)'),
    ],
)
def test_a_wrong_change_of_counting_is_named_with_its_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert f"report.toml: {says}" in refusal(tmp_path, with_break(old, new))


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
            "tolerance_days = 181",
            "metrics.use.tolerance_days is 181: input should be less than or equal to 180",
        ),
        ("tolerance_days = 3", 'tolerance_days = "3"', "metrics.use.tolerance_days is '3': input should be a valid integer"),
        ("tolerance_days = 3", "tolerance_days = 3.0", "metrics.use.tolerance_days is 3.0: input should be a valid integer"),
        ("compare = true", "compare = 1", "posts.1.chart.compare is 1: input should be a valid boolean"),
        ("minimum = 2", "minimum = 1", "claims.overview.minimum is 1: input should be greater than or equal to 2"),
        ('at = "2018-01-01", ', "", '"metrics.use.breaks.0.at" is missing'),
        ('reason = "asked anew"', 'reason = " "', "metrics.use.breaks.0.reason is ' ': string should have at least 1 character"),
        ('at = "2018-01-01"', 'at = "January"', 'metrics.use.breaks is wrong: "January" is not an ISO date; write 2021-01-01'),
        (
            'at = "2018-01-01"',
            'at = "2018-01-01T06:00"',
            'metrics.use.breaks is wrong: "2018-01-01T06:00" has a time of day but no offset',
        ),
        ("compare = true", 'compare = "perhaps"', "posts.1.chart.compare is 'perhaps': input should be a valid boolean"),
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
        ('subjects = ["keras", "pytorch"]\noptional = ["pytorch"]', 'subjects = ["keras"]', "claims.lead.subjects names 1 of the 2 a lead claim is about"),
        ('claims = ["lead", "other"]', 'claims = ["lead", "leed"]',
         'claims.overview.claims names the unknown claim above it "leed" (did you mean "lead"?); there are lead, other, growth'),
        ('claims = ["lead", "other"]', 'claims = ["lead"]', "claims.overview.claims names fewer than two claims to count"),
        ('claims = ["lead", "other"]', 'claims = ["lead", "lead"]', 'claims.overview.claims names "lead" twice'),
        ('claims = ["lead", "other"]', 'claims = ["lead", "growth"]',
         'claims.overview.claims counts "growth", a growth claim, which nobody leads'),
        ("minimum = 2", "minimum = 3", "claims.overview.minimum"),
        ('optional = ["pytorch"]', 'optional = ["both"]',
         'claims.lead.optional names the unknown subject of the claim "both"; there are keras, pytorch'),
        ('optional = ["pytorch"]', 'optional = ["pytorhc"]',
         'claims.lead.optional names the unknown subject of the claim "pytorhc" (did you mean "pytorch"?); there are keras, pytorch'),
        ('kind = "growth"', 'kind = "multiplied"', "claims.growth.metric is use, which is no total over a window: it does not add up"),
        ('kind = "growth"', 'kind = "share"', "claims.growth.metric is use, which is no count: it has no parts to share"),
        ('kind = "trend"', 'kind = "tend"', 'posts.opening.chart.kind names the unknown chart kind "tend" (did you mean "trend"?)'),
        ('metric = "downloads"\nsubjects = ["keras", "pytorch"]\nhigh', 'metric = "downlaods"\nsubjects = ["keras"]\nhigh',
         'posts.opening.chart.metrics names the unknown metric "downlaods" (did you mean "downloads"?)'),
        ('metric = "downloads"\nsubjects = ["keras", "pytorch"]\nhigh', 'subjects = ["keras"]\nhigh',
         "posts.opening.chart.metric is missing: a chart shows at least one metric"),
        ('highlight = ["keras"]', 'highlight = ["kears"]', 'posts.opening.chart.highlight names the unknown subject of the chart "kears" (did you mean "keras"?); there are keras, pytorch'),
        ('since = "2018-09"', 'since = "September"', 'posts.opening.chart.since is wrong: "September" names no period: write a year (2020)'),
        ('name = "closing"', 'name = "opening"', 'posts has two posts named "opening"'),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert refusal(tmp_path, changed(old, new)).startswith(f"report.toml: {says}")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('subjects = ["keras", "both"]', 'subjects = ["keras", "both", "pytorch"]', "claims.other.subjects names more than the two a ratio is of"),
        ("minimum = 2", 'minimum = 2\nmetric = "use"', "claims.overview has a metric or subjects; a tally counts claims"),
        ("minimum = 2", 'minimum = 2\nsubject = "keras"', "claims.overview has a metric or subjects; a tally counts claims"),
        ("minimum = 2", 'minimum = 2\noptional = ["keras"]', "claims.overview has a metric or subjects; a tally counts claims"),
        ('kind = "lead"', 'kind = "rank"', "claims.lead.optional is for lead and fastest claims; a rank claim needs every subject's figure"),
        ('kind = "lead"', 'kind = "ratio"', "claims.lead.optional is for lead and fastest claims; a ratio claim needs every subject's figure"),
        ('kind = "trend"\nmetric = "downloads"\nsubjects = ["keras", "pytorch"]', 'kind = "share"\nmetric = "downloads"\nsubjects = ["nobody"]',
         'posts.opening.chart.subjects names the unknown subject "nobody"; there are keras, pytorch, both'),
        ('kind = "ratio"', 'kind = "ratio"\nwithin = 6', "claims.other.within is for overtook claims; a ratio claim does not look back for a crossing"),
        ('kind = "ratio"', 'kind = "record"', "claims.other.subjects names more than the one subject a record claim is about"),
        ('kind = "ratio"\nmetric = "downloads"\nsubjects = ["keras", "both"]', 'kind = "overtook"\nmetric = "downloads"\nsubjects = ["keras", "both", "pytorch"]',
         "claims.other.subjects names more than the two an overtaking is of"),
        ('base = "users"', "sample = false\n[claims.fast]\nkind = \"fastest\"\nmetric = \"use\"\nsubjects = [\"keras\", \"pytorch\"]\n[metrics.other]\n" + WORDS,
         "claims.fast.metric is use, neither a count nor a survey's share: nobody knows its noise"),
        ('noun = "conferences"', 'noun = "six conferences"', 'claims.overview.noun is "six conferences"; name what is counted'),
        ('base = "users"', 'base = "use"', "metrics.use.base is use, which is no count: nobody can be a share of it"),
        ('title = "Respondents"', 'title = "Top 5000"', 'metrics.users.title says "5000"; a metric is named without figures'),
        ('short = "Use"', 'short = "Most used"', 'metrics.use.short says "Most"; a metric is named without figures'),
        ('title = "Respondents"\nnoun = "respondents"', 'title = "Respondents"\nnoun = "leads"', 'metrics.users.noun says "leads"'),
        ('name = "Keras"', 'name = "Best Keras"', "subjects.keras.name is 'Best Keras', which is more than a name"),
        ('name = "Keras"', 'name = "42"', "subjects.keras.name is '42', which is more than a name"),
        ('names = ["Web 2.0"]', 'names = ["2.0"]', "names is '2.0', which is more than a name"),
        ('names = ["Web 2.0"]', 'names = ["grew 40%"]', "names is 'grew 40%', which is more than a name"),
        ('ink = "#6d279a"', 'ink = "#ffff00"', "subjects.keras.ink is #ffff00, with a contrast of 1.1 on white; it needs 4.5"),
        ('fill = "#6d279a"', 'fill = "#ffffff"', "subjects.keras.fill is #ffffff, with a contrast of 1.0 on white; it needs 2.0"),
        ('members = ["keras", "pytorch"]', 'members = ["keras", "keras"]', 'groups.both.members names "keras" twice'),
        ('kind = "trend"\nmetric = "downloads"', 'kind = "trend"\nmetrics = ["downloads", "use"]', "posts.opening.chart.metrics names 2 metrics; a trend chart shows one"),
        ('kind = "survey"\nmetric = "use"', 'kind = "survey"\nmetric = "users"', "posts.closing.chart.metric is users, which is no share"),
        ('kind = "survey"', 'kind = "ranking"', "posts.closing.chart.compare is for survey charts; a ranking chart shows one period"),
        ('kind = "trend"', 'kind = "ranking"', "posts.opening.chart.since is for trend and share charts; a ranking chart shows one period"),
        ('kind = "survey"', 'kind = "share"', "posts.closing.chart.metrics names use, which is no count: it has no parts to share"),
        ('kind = "trend"\nmetric = "downloads"\nsubjects = ["keras", "pytorch"]', 'kind = "share"\nmetric = "downloads"\nsubjects = ["keras", "both"]',
         'posts.opening.chart.subjects names "keras" twice, and it would be counted twice'),
        ('kind = "lead"\nmetric = "downloads"\nsubjects = ["keras", "pytorch"]\noptional = ["pytorch"]', 'kind = "share"\nmetric = "downloads"\nsubjects = ["keras", "both"]',
         'claims.lead.subjects names "keras" twice, and it would be counted twice'),
        ('kind = "lead"\nmetric = "downloads"\nsubjects = ["keras", "pytorch"]\noptional = ["pytorch"]', 'kind = "share"\nmetric = "downloads"\nsubjects = ["keras", "pytorch", "all"]',
         'claims.lead.subjects names "all" beside other subjects, which are part of it'),
    ],
)  # fmt: skip
def test_what_a_kind_would_pass_over_or_tell_wrongly_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert refusal(tmp_path, changed(old, new)).startswith(f"report.toml: {says}")


def test_how_far_back_a_crossing_is_news_and_who_repeats_one_counter_are_read(tmp_path: Path) -> None:
    crossed = '[claims.crossed]\nkind = "overtook"\nwithin = 6\nmetric = "downloads"\nsubjects = ["keras", "both"]\n'
    text = changed("[claims.overview]", crossed + "[claims.overview]").replace(
        'base = "users"', 'base = "users"\nsame_counter = ["One", "Two"]'
    )
    found = report(written(tmp_path, text), KINDS)
    assert found.claims[3] == ClaimSpec("crossed", "overtook", "downloads", ("keras", "both"), within=6)
    assert found.metrics["use"].same_counter == ("One", "Two")


def test_a_tally_counts_claims_above_it_only(tmp_path: Path) -> None:
    tally = '[claims.overview]\nkind = "tally"\nclaims = ["lead", "other"]\nnoun = "conferences"\nminimum = 2\n'
    recipe = changed(tally, "").replace("[claims.lead]", f"{tally}\n[claims.lead]")
    assert (
        refusal(tmp_path, recipe) == 'report.toml: claims.overview.claims names the unknown claim above it "lead"; there are none'
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('subjects = ["keras", "pytorch"]\noptional = ["pytorch"]', 'subjects = ["keras", "keras"]'),
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
    said = refusal(tmp_path, changed("end.txt", text))
    assert "posts.closing" in said
    assert "secret" not in said


def test_a_text_that_is_not_there_is_named_with_the_post_and_the_file_probably_meant(tmp_path: Path) -> None:
    assert refusal(tmp_path, changed('text = "end.txt"', 'text = "ned.txt"')) == (
        'ned.txt does not exist or is no file; posts.closing of report.toml needs it (did you mean "end.txt"?)'
    )


def test_a_text_outside_the_folder_is_not_even_looked_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, changed("end.txt", "../x")) == (
        'report.toml: posts.closing.text is "../x"; name a file in the folder of the report'
    )


def test_a_text_with_an_impossible_name_is_refused_in_words(tmp_path: Path) -> None:
    assert "posts.closing of report.toml needs it" in refusal(tmp_path, changed("end.txt", "end\\u0000.txt"))


def test_a_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "end.txt").write_bytes(b"caf\xe9")
    with pytest.raises(BadRecipe, match=r"end\.txt cannot be read: 'utf-8' codec .*; posts\.closing of report\.toml needs it"):
        report(here, KINDS)


def test_the_mark_some_editors_put_before_a_text_is_not_part_of_it(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "end.txt").write_bytes(b"\xef\xbb\xbfBye")
    assert report(here, KINDS).posts[1].text.source == "Bye"


def test_a_folder_without_a_recipe_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(
        BadRecipe, match=r"report\.toml does not exist or is no file; a report is a folder with a report\.toml and its texts$"
    ):
        report(tmp_path, KINDS)


def test_a_recipe_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    here = written(tmp_path)
    (here / "report.toml").write_bytes(RECIPE.replace("Keras", "K\xe9ras").encode("latin-1"))
    with pytest.raises(BadRecipe, match=r"report\.toml cannot be read: 'utf-8' codec can't decode byte 0xe9"):
        report(here, KINDS)


def test_a_recipe_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.toml").mkdir()
    with pytest.raises(BadRecipe, match=r"report\.toml does not exist or is no file; a report is a folder"):
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


@pytest.mark.parametrize(
    "name", ["R", "C++", "C#", "Go", ".NET", "D3", "Vue 3", "PostgreSQL 17", "3Blue1Brown", "Élan", "日本語"]
)
def test_a_name_may_be_short_foreign_or_carry_a_version(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(Path(__file__).parents[1] / "templates" / "infrastructure-tools", folder)
    recipe = folder / "report.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace('name = "Chef"', f'name = "{name}"'), encoding="utf-8")
    assert report(folder, wiring.kinds()).subjects["chef"].name == name


def test_what_a_thread_may_not_be_without_is_read_and_must_be_known(tmp_path: Path) -> None:
    def requiring(names: str) -> str:
        return changed("[claims.lead]", f"[gates]\nrequired = [{names}]\n\n[claims.lead]")

    for name in "abc":
        (tmp_path / name).mkdir()
    assert report(written(tmp_path), KINDS).required == ()
    assert report(written(tmp_path / "a", requiring('"downloads", "use"')), KINDS).required == ("downloads", "use")
    assert 'report.toml: gates.required names the unknown metric "download" (did you mean "downloads"?); there are ' in refusal(
        tmp_path / "b", requiring('"download"')
    )
    assert refusal(tmp_path / "c", changed("[claims.lead]", "[gates]\nrequire = []\n\n[claims.lead]")) == (
        'report.toml: unknown key "gates.require" (did you mean "required"?)'
    )
