"""Shares of surveys, counted from responses by an engine: people, not ticks, and the very figures that were published."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.analysis.statistics import wilson
from bot.cli import main
from bot.domain.measure import WHOLE, Missing, Observation, Subject
from bot.domain.period import Period
from bot.errors import BadFigures, BadRecipe, SourceUnavailable
from bot.ports import Reply
from bot.sources import _responses, kaggle_survey
from bot.sources._responses import folded, interval
from bot.sources.survey_microdata import Source, Survey
from tests.builders import FEW
from tests.sources.computing import NOW, a_computer, a_result
from tests.sources.conftest import subject
from tests.sources.fuzzing import Example

YEAR = Period.year(2020)
TF = subject("tf", survey_microdata="TensorFlow")
KERAS = subject("keras", survey_microdata="keras|Keras ")
TORCH = subject("torch", survey_microdata="Torch/PyTorch|PyTorch")
JAX = subject("jax", survey_microdata="JAX")
EITHER = subject("either", ("tf", "keras"))
WITH_JAX = subject("with-jax", ("tf", "jax"))
EVERYBODY = (TF, KERAS, TORCH, JAX, EITHER, WITH_JAX)
ASKED = "Which do you use? - Selected Choice -"
COLUMNS = f"""id,Q16_Part_1,Q16_Part_2,Q16_Part_3,Q16_Part_4,Q16_OTHER,Q16_OTHER_TEXT,Q160_Part_1
"Your number, please",{ASKED}  TensorFlow ,{ASKED} Keras,{ASKED} PyTorch,{ASKED} None,{ASKED} Other,Which? - Text,Other - None
1,  TensorFlow , Keras,,,,7,
2,TENSORFLOW,,PyTorch,,,,
3,,Keras,,,,,
4,,,,None,,,
5,,,,,,,None
6,,,,,"Other ",TensorFlow,
7,,,,None,Other,,
8,NA,NA,NA,NA,NA,,
"""
"""Eight respondents, of whom six named something, but one of these only None."""
LIST = """id,Tools,Comment
1,TensorFlow;Keras,"one line
and another, with TensorFlow"
2, tensorflow ;PyTorch,
3,Keras;keras,
4,NA,TensorFlow
5,,
6,C++,
7,None,
8,None; none,
"""


def survey(file: Path, **rest: Any) -> Survey:
    told = {"question": "Q16", "header_lines": 2} | rest
    return Survey(2020, file, share="use", users="users", origin="Somebody", page="https://example.org/2020", **told)


def written(folder: Path, text: str, name: str = "responses.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def told(one: Survey, home: Path, subjects: Sequence[Subject] = EVERYBODY) -> dict[tuple[str, str], float | str]:
    """Each subject's figures, or the reason why there is none."""
    return figures([one], home, subjects)


def figures(surveys: Iterable[Survey], home: Path, subjects: Sequence[Subject]) -> dict[tuple[str, str], float | str]:
    source = Source(tuple(surveys))
    found = [
        one
        for reply in source.fetch(a_computer(home), subjects, YEAR)
        for one in source.parse(reply, subjects, YEAR)
    ]  # fmt: skip
    return {(one.metric, one.subject): one.value if isinstance(one, Observation) else one.reason for one in found}


# ---- what is counted ----------------------------------------------------------------------------------------------------------


def test_a_column_for_each_option_is_counted_by_people_of_those_who_named_any(tmp_path: Path) -> None:
    absent = "no option of Q16 in 2020: Jax"
    assert told(survey(written(tmp_path, COLUMNS)), tmp_path) == {
        ("users", WHOLE): 5,  # 1, 2, 3, 6 and 7
        ("users", "tf"): 2, ("use", "tf"): 40.0,
        ("users", "keras"): 2, ("use", "keras"): 40.0,
        ("users", "torch"): 1, ("use", "torch"): 20.0,
        ("users", "jax"): absent, ("use", "jax"): absent,
        ("users", "either"): 3, ("use", "either"): 60.0,
        ("users", "with-jax"): 2, ("use", "with-jax"): 40.0,
    }  # fmt: skip


def test_one_cell_with_all_that_was_named_is_counted_alike(tmp_path: Path) -> None:
    absent = "no option of Tools in 2020: Jax"
    found = told(survey(written(tmp_path, LIST), question="Tools", header_lines=1, separator=";"), tmp_path)
    assert found == {
        ("users", WHOLE): 4,  # 1, 2, 3 and 6
        ("users", "tf"): 2, ("use", "tf"): 50.0,
        ("users", "keras"): 2, ("use", "keras"): 50.0,
        ("users", "torch"): 1, ("use", "torch"): 25.0,
        ("users", "jax"): absent, ("use", "jax"): absent,
        ("users", "either"): 3, ("use", "either"): 75.0,
        # nobody named JAX, and whether it could be named is not known: TensorFlow alone is not the group
        ("users", "with-jax"): absent, ("use", "with-jax"): absent,
    }  # fmt: skip


def test_where_nothing_stands_for_none_the_base_is_who_answered(tmp_path: Path) -> None:
    one = survey(written(tmp_path, LIST), question="Tools", header_lines=1, separator=";", none="")
    found = told(one, tmp_path)
    assert (found["users", WHOLE], found["users", "tf"], found["use", "tf"]) == (6, 2, 100 / 3)


def test_without_a_second_header_line_the_answers_tell_what_was_offered(tmp_path: Path) -> None:
    lines = COLUMNS.splitlines(keepends=True)
    found = told(survey(written(tmp_path, lines[0] + "".join(lines[2:])), header_lines=1), tmp_path)
    assert found["users", WHOLE] == 5
    assert found["use", "either"] == 60.0
    assert found["use", "with-jax"] == "no option of Q16 in 2020: Jax"


def test_a_figure_says_its_base_its_interval_and_what_it_lacks(tmp_path: Path) -> None:
    source = Source((survey(written(tmp_path, COLUMNS)),))
    (reply,) = source.fetch(a_computer(tmp_path), EVERYBODY, YEAR)
    by = {(one.metric, one.subject): one for one in source.parse(reply, EVERYBODY, YEAR) if isinstance(one, Observation)}
    share = by["use", "with-jax"]
    assert share.note.startswith(
        "2 of 5 respondents who named at least one; Q16; 95 % interval 11.76 to 76.93; not an option that year: Jax; "
        "computed by DuckDB "
    )
    assert by["users", WHOLE].note.startswith("5 respondents who named at least one; Q16; computed by DuckDB ")
    assert (share.period, share.origin, share.url) == (YEAR, "Somebody", "https://example.org/2020")
    assert (share.payload_sha256, share.published_at) == (reply.sha256, YEAR.end)


def test_a_packed_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "responses.csv.gz").write_bytes(gzip.compress(COLUMNS.encode()))
    assert told(survey(tmp_path / "responses.csv.gz"), tmp_path)["use", "either"] == 60.0


def test_another_encoding_is_read_with_bytes_of_no_meaning_too(tmp_path: Path) -> None:
    text = "id,Tools\n1,é;TensorFlow\n2,Ünity\n3,\x80\x9f;Café\n"  # 0x80 and 0x9f stand for nothing in Latin-1
    (tmp_path / "old.csv").write_bytes(text.encode("latin-1"))
    one = survey(tmp_path / "old.csv", question="Tools", header_lines=1, separator=";", encoding="latin-1")
    cafe = subject("cafe", survey_microdata="café")
    assert told(one, tmp_path, [TF, cafe]) == {
        ("users", WHOLE): 3, ("users", "tf"): 1, ("use", "tf"): 100 / 3, ("users", "cafe"): 1, ("use", "cafe"): 100 / 3,
    }  # fmt: skip


WORDS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12)


@pytest.fixture(scope="module")
def engine() -> Any:
    return ibis.duckdb.connect()


@settings(FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=20))
def test_a_label_is_folded_here_as_the_engine_folds_a_cell(words: list[str], engine: Any) -> None:
    engine.con.execute("CREATE OR REPLACE TABLE cells AS SELECT unnest(?::VARCHAR[]) AS cell", [words])
    cells = engine.table("cells").cell
    seen = zip(*(engine.to_pyarrow(one).to_pylist() for one in (cells, _responses._folded(cells))), strict=True)
    assert dict(seen) == {word: folded(word) for word in words}


def test_only_letters_of_ascii_are_folded_for_engines_agree_on_no_others() -> None:
    assert folded("  Fast \t AI\n") == "fast ai"
    assert folded("ÉCLAIR \u0130 \u212a") == "Éclair \u0130 \u212a"  # which Python makes "i̇" and "k" of


def test_the_interval_is_the_one_that_charts_draw(engine: Any) -> None:
    pairs = [(count, base) for base in (1, 2, 3, 10, 997, 12_932) for count in {0, 1, base // 3, base - 1, base}]
    engine.con.execute("CREATE OR REPLACE TABLE pairs (count BIGINT, base BIGINT)")
    engine.con.executemany("INSERT INTO pairs VALUES (?, ?)", [*pairs, (0, 0)])
    table = engine.table("pairs")
    low, high = interval(table["count"], table.base)
    found = {
        (row["count"], row["base"]): (row["low"], row["high"])
        for row in engine.to_pyarrow(table.mutate(low=low, high=high)).to_pylist()
    }
    assert found.pop((0, 0)) == (None, None)
    assert found == {pair: pytest.approx(wilson(100 * pair[0] / pair[1], pair[1]), abs=1e-6) for pair in pairs}


# ---- what is refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ((" Keras,,,,7,", "Caffe,,,,7,"), "1 respondents answered what was none of the options"),
        (("8,NA", f"{COLUMNS.splitlines()[1]}\n8,NA"), "2 lines repeat the questions of line 2 and not one"),
        (("Q16_", "Q17_"), 'line 1: no columns (one for each option) of the question "Q16" of 2020 among 8'),
        ((",Other - None\n", "\n"), "line 2: 7 fields where line 1 names 8"),
        (("id,", '"id,'), "line 1: no columns"),
    ],
)
def test_a_file_that_is_not_as_described_ends_the_run(changed: tuple[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadFigures) as problem:
        told(survey(written(tmp_path, COLUMNS.replace(*changed))), tmp_path)
    assert said in str(problem.value)
    assert "responses.csv" in str(problem.value)


def test_a_survey_nobody_named_anything_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFigures, match="nobody named anything"):
        told(survey(written(tmp_path, "".join(COLUMNS.splitlines(keepends=True)[:2]) + "1,,,,None,,,\n")), tmp_path)


def test_what_is_no_csv_is_named(tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("responses.csv", COLUMNS)
    pointer = written(tmp_path, "version https://git-lfs.github.com/spec/v1\noid sha256:abc\n", "pointer.csv")
    for file, said in ((packed, "zip archive"), (pointer, "Git LFS pointer"), (tmp_path, "cannot be read")):
        with pytest.raises(BadFigures, match=said):
            told(survey(file), tmp_path)


def test_a_file_that_is_not_there_costs_the_other_surveys_nothing(tmp_path: Path) -> None:
    source = Source((replace(survey(tmp_path / "absent.csv"), year=2019), survey(written(tmp_path, COLUMNS))))
    replies = iter(source.fetch(a_computer(tmp_path), EVERYBODY, YEAR))
    assert len(source.parse(next(replies), EVERYBODY, YEAR)) == 13
    with pytest.raises(SourceUnavailable, match=r"the responses of 2019 are not there: .*absent\.csv"):
        next(replies)


def test_two_surveys_of_a_year_for_one_metric_are_refused(tmp_path: Path) -> None:
    one = survey(written(tmp_path, COLUMNS))
    with pytest.raises(BadRecipe, match="two surveys of 2020 for use"):
        figures([one, replace(one, question="Q17")], tmp_path, EVERYBODY)


def test_without_an_id_nothing_is_computed(tmp_path: Path) -> None:
    assert figures([survey(tmp_path / "absent.csv")], tmp_path, [subject("jax")]) == {}


# ---- replies that were spoilt -------------------------------------------------------------------------------------------------


def row(options: str, count: int, low: float | None, high: float | None, **rest: Any) -> dict[str, Any]:
    counts = {"named": 10, "answered": 12, "respondents": 15, "headers": 1, "odd": 0, "offered": 1}
    return (
        {"survey": "2020 Q16 as kaggle_survey_use", "options": options, "count": count, "low": low, "high": high} | counts | rest
    )


OF_KAGGLE = replace(survey(Path("responses.csv")), share="kaggle_survey_use", users="kaggle_survey_users")
ROWS = (
    row("", 10, 72.246001, 100.0),
    row("keras", 3, 10.779127, 60.322185),
    row("keras|tensorflow", 5, 23.659309, 76.340691, offered=2),
    row("tensorflow", 4, 16.818033, 68.732634),
)
EXAMPLES = [Example(a_result(*ROWS), (TF, KERAS, EITHER), YEAR, source=Source((OF_KAGGLE,)))]


def test_the_example_is_read() -> None:
    found = Source((OF_KAGGLE,)).parse(a_result(*ROWS), (TF, KERAS, EITHER), YEAR)
    assert [(one.metric, one.subject, one.value) for one in found if isinstance(one, Observation)] == [
        ("kaggle_survey_users", WHOLE, 10),
        ("kaggle_survey_users", "tf", 4), ("kaggle_survey_use", "tf", 40),
        ("kaggle_survey_users", "keras", 3), ("kaggle_survey_use", "keras", 30),
        ("kaggle_survey_users", "either", 5), ("kaggle_survey_use", "either", 50),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[1:],
        (*ROWS, ROWS[0]),
        (*ROWS[:3], row("tensorflow", 4, 41.0, 68.7)),
        (*ROWS[:3], row("tensorflow", 4, None, None)),
        (*ROWS[:3], row("tensorflow", 4, 16.8, 68.7, named=11)),
        (row("", 16, 70.0, 100.0, named=16),),
        (*ROWS[:3], row("tensorflow", 4, 16.8, 68.7, survey="2021 Q16 as kaggle_survey_use")),
        (),
    ],
    ids=["no base", "twice", "outside", "no interval", "another base", "more than answered", "another survey", "none"],
)
def test_a_result_that_contradicts_itself_is_refused(rows: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(SourceUnavailable):
        Source((OF_KAGGLE,)).parse(a_result(*rows), (TF, KERAS, EITHER), YEAR)


# ---- the real surveys ---------------------------------------------------------------------------------------------------------


def unpacked(shared: Path, name: str, inside: str, to: Path) -> Path:
    with zipfile.ZipFile(shared / "data" / "kaggle_survey" / name) as archive:
        return Path(archive.extract(inside, to))


def of_kaggle(found: Iterable[Observation | Missing]) -> dict[tuple[str, str], float]:
    return {(one.metric, one.subject): one.value for one in found if isinstance(one, Observation)}


def test_a_real_survey_gives_the_shares_that_were_published(shared: Path, subjects: tuple[Subject, ...], tmp_path: Path) -> None:
    """2022: a byte-order mark, a second header line, an option spelt with blanks; and the very figures of `kaggle_survey`."""
    known = kaggle_survey.SURVEYS[-1]
    file = unpacked(shared, "kaggle-survey-2022.zip", known.csv_name, tmp_path)
    labels = {one.key: one.ids["kaggle_survey"] for one in subjects if "kaggle_survey" in one.ids}
    ours = [replace(one, ids={"survey_microdata": labels.get(one.key, "")}) for one in subjects]
    source = Source((replace(OF_KAGGLE, year=2022, file=file, question="Q17"),))
    (reply,) = source.fetch(a_computer(tmp_path), ours, Period.year(2022))
    found = of_kaggle(source.parse(reply, ours, Period.year(2022)))
    shares = {key: round(value, 2) for (metric, key), value in found.items() if metric == "kaggle_survey_use"}
    assert (shares["tensorflow"], shares["tf-keras"], shares["pytorch-family"]) == (54.73, 60.90, 37.96)
    assert found["kaggle_survey_users", WHOLE] == 14_531
    theirs = kaggle_survey.observations(Reply(file.read_bytes(), file.name, "", NOW), known, subjects)
    assert found == of_kaggle(theirs)


def test_the_list_of_2017_is_read_in_its_old_encoding(shared: Path, tmp_path: Path) -> None:
    known = kaggle_survey.SURVEYS[0]
    file = unpacked(shared, "kaggle_survey_2017_multipleChoiceResponses.zip", known.csv_name, tmp_path)
    one = survey(file, question="WorkToolsSelect", header_lines=1, separator=",", encoding="latin-1")
    found = told(replace(one, year=2017), tmp_path, [TF, KERAS, EITHER])
    assert (found["users", WHOLE], found["users", "tf"], round(float(found["use", "tf"]), 2)) == (7955, 2256, 28.36)
    assert found["use", "either"] == "no option of WorkToolsSelect in 2017: Keras"


# ---- through the front door ---------------------------------------------------------------------------------------------------

RECIPE = """
title = "Use"
granularity = "year"
[[sources.survey_microdata.surveys]]
year = 2020
file = "responses.csv"
question = "Q16"
header_lines = 2
share = "kaggle_survey_use"
users = "kaggle_survey_users"
origin = "Kaggle survey"
page = "https://example.org/2020"
[[sources.survey_microdata.surveys]]
year = 2019
file = "{home}/raw/2019.csv"
question = "Q16"
header_lines = 2
share = "my_use"
users = "my_users"
origin = "Us"
page = "https://example.org/2019"
[metrics.my_users]
title = "Users"
unit = "count"
noun = "respondents"
aggregation = "event"
measures = "it"
does_not_measure = "that"
known_biases = "some"
[metrics.my_use]
title = "Use"
unit = "percent"
noun = "respondents"
aggregation = "event"
measures = "it"
does_not_measure = "that"
known_biases = "some"
base = "my_users"
[subjects.tf]
name = "TensorFlow"
fill = "#c72105"
ink = "#b81d03"
ids = { survey_microdata = "TensorFlow" }
[[posts]]
name = "share"
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "templates" / "raw"
    folder.mkdir(parents=True)
    (folder / "report.toml").write_text(RECIPE)
    (folder / "share.txt").write_text("TensorFlow: {{ figures.kaggle_survey_use.tf | percent }}")
    written(folder, COLUMNS)
    (tmp_path / "home" / "raw").mkdir(parents=True)
    written(tmp_path / "home" / "raw", COLUMNS, "2019.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THREADMILL_HOME", str(tmp_path / "home"))
    return folder


def test_a_thread_is_told_from_responses_beside_the_recipe_and_in_the_home(recipe: Path) -> None:
    assert main(["preview", "raw", "--period", "2020", "--offline"]) == 0
    assert (recipe.parent.parent / "out/raw/2020/posts/01.txt").read_text() == "TensorFlow: 40.0%\n\n1/1\n"
    (recipe / "share.txt").write_text("TensorFlow: {{ figures.my_use.tf | percent }}")
    assert main(["preview", "raw", "--period", "2019"]) == 0
    assert (recipe.parent.parent / "out/raw/2019/posts/01.txt").read_text() == "TensorFlow: 40.0%\n\n1/1\n"


def test_a_misspelt_setting_of_a_survey_is_refused(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recipe / "report.toml").write_text(RECIPE.replace("header_lines", "header_line", 1))
    assert main(["preview", "raw", "--period", "2020"]) == 2
    assert "sources.survey_microdata.surveys.0.header_line" in capsys.readouterr().err


def test_a_survey_that_is_not_there_is_the_reason_its_post_is_left_out(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recipe.parent.parent / "home" / "raw" / "2019.csv").unlink()
    (recipe / "share.txt").write_text("TensorFlow: {{ figures.my_use.tf | percent }}")
    assert main(["preview", "raw", "--period", "2019"]) == 3
    told = "".join(capsys.readouterr())
    assert "the responses of 2019 are not there" in told


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    text = "Q16_1,Q16_1\nWhich - Keras,Which - Keras\nKeras,\n,Keras\n"
    with pytest.raises(BadFigures, match='the column "Q16_1" is there twice'):
        told(survey(written(tmp_path, text)), tmp_path)
