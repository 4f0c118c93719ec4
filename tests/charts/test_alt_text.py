"""The alt text says what the picture shows; its numbers are worked out again here, from the frame."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from types import ModuleType

import pandas as pd
import pytest

from bot.charts import ranking, scoreboard, share, survey, trend
from bot.charts.sheet import render
from bot.domain.claim import Basis
from bot.domain.measure import Observation
from bot.domain.text import Cited
from bot.errors import BadChart
from bot.ports import ChartData
from tests.charts import builders
from tests.charts.builders import JAX, KERAS, PYTORCH, TENSORFLOW, YEAR

SCALES = {"": 1, "%": 1, "thousand": 1e3, "million": 1e6, "billion": 1e9}
KINDS = [
    (ranking, builders.ranking()),
    (ranking, builders.ranking(caveat="Keras installs count for TensorFlow too")),
    (
        trend,
        builders.months({TENSORFLOW: [71_000 + 990 * at for at in range(30)], JAX: [3.0 * at for at in range(30)]}, per_day=True),
    ),
    (trend, builders.year_ends({TENSORFLOW: {"2019-12-31": 139_535, "2020-12-31": 152_029}, JAX: {"2020-12-31": 10_889}})),
    (survey, builders.kaggle()),
    (share, builders.share({"2018": [14, 86], "2019": [34, 66], "2020": [66, 34], "2021": [70, 30], "2022": [75, 25]})),
    (share, builders.share({"ICLR": [64, 36], "ACL": [82.7, 17.3]})),
    (scoreboard, builders.scoreboard()),
]
every_kind = pytest.mark.parametrize(("kind", "data"), KINDS)


@every_kind
def test_it_opens_with_the_kind_and_has_the_finding_and_the_source(kind: ModuleType, data: ChartData) -> None:
    text = kind.describe(data).text
    assert text.startswith(f"{kind.NOUN} of ")
    assert data.title.text in text
    assert text.endswith("Source: top-pypi-packages.")
    assert 120 <= len(text) <= 450


@every_kind
def test_no_digit_stands_outside_a_citation_but_in_the_period(kind: ModuleType, data: ChartData) -> None:
    loose = "".join(piece for piece, basis in kind.describe(data).pieces() if basis is None)
    assert re.search(r"\d", loose.replace(f", {YEAR.name}.", "")) is None


@every_kind
def test_every_number_is_that_of_the_row_it_cites(kind: ModuleType, data: ChartData) -> None:
    numbers = 0
    for piece, basis in kind.describe(data).pieces():
        if basis is None:
            continue
        row = _row(data, basis)
        if match := re.fullmatch(r"([\d,]+(?:\.(\d+))?)(?: (thousand|million|billion))?%?", piece):
            if piece == row["column"] or piece == str(row["period_start"].year):
                continue
            scale = SCALES[match[3] or ""]
            assert abs(float(match[1].replace(",", "")) * scale - row["value"]) <= scale * 0.51 * 10 ** -len(match[2] or "")
            numbers += 1
        else:
            assert piece in (row["column"], *_dates(row["period_start"], row["period_end"]))
    assert numbers >= 3


def _row(data: ChartData, basis: Basis) -> pd.Series:
    key = next(key for key, one in data.bases.items() if one is basis)
    assert isinstance(basis, Observation)
    return data.frame.set_index("basis").loc[key]


def _dates(start: dt.datetime, end: dt.datetime) -> list[str]:
    return [start.strftime("%B %Y"), f"{start.day} {start:%b} {start.year}"]


def test_a_bar_chart_names_every_value_from_the_largest_down() -> None:
    assert ranking.describe(builders.ranking()).text == (
        "Bar chart of downloads from PyPI, 2020. TensorFlow is in front. Measure, unit and period. "
        "TensorFlow 113.8 million, Keras 29.2 million, PyTorch 18.5 million, JAX 687 thousand. Source: top-pypi-packages."
    )


def test_a_line_chart_of_many_points_says_how_far_each_line_went() -> None:
    data = builders.months(
        {TENSORFLOW: [10.0] * 10 + [40.0] * 10, JAX: [None] * 10 + [5.0] * 10}, segment=lambda at: at // 10, per_day=True
    )
    assert trend.describe(data).text == (
        "Line chart of downloads from PyPI, as a daily average, January 2019 to August 2020. TensorFlow is in front. "
        "TensorFlow 10, then 40, JAX from 5 in November 2019 to 5. "
        "Gaps in the lines are changes of method or missing readings. Source: top-pypi-packages."
    )


def test_a_dot_plot_names_each_group_and_who_was_not_asked() -> None:
    data = builders.survey(
        {TENSORFLOW: {"2019": (48.38, 47, 49), "2020": (53.62, 52, 54)}, JAX: {}}, absent={("pypi", "jax"): "not asked"}
    )
    assert survey.describe(data).text == (
        "Dot plot of share of respondents, 2019 to 2020. TensorFlow is in front. Measure, unit and period. "
        "TensorFlow 53.6% (2020), 48.4% (2019). "
        "JAX: not asked. Source: top-pypi-packages."
    )


def test_shares_over_names_give_the_least_and_the_greatest() -> None:
    columns = {"ICLR": [64, 36], "CVPR": [78.7, 21.3], "ACL": [82.7, 17.3], "ICML": [66.7, 33.3], "EMNLP": [87.6, 12.4]}
    assert "PyTorch from 64.0% (ICLR) to 87.6% (EMNLP), TensorFlow from 12.4% (EMNLP) to 36.0% (ICLR)." in share.describe(
        builders.share(columns)
    ).text  # fmt: skip


def test_a_large_table_gives_the_two_largest_of_each_row_and_claims_nothing_itself() -> None:
    assert scoreboard.describe(builders.scoreboard()).text == (
        "Table of TensorFlow, Keras, PyTorch and JAX, 2020. TensorFlow is in front. "
        "PyPI downloads: TensorFlow 113.8 million, Keras 29.2 million. GitHub stars: TensorFlow 152 thousand, Keras 50 thousand. "
        "Stack Overflow: TensorFlow 11.5%, Keras 6.2%. Stack Overflow of JAX: not asked. Source: top-pypi-packages."
    )


def test_the_citations_of_title_caveat_and_source_are_kept() -> None:
    data = builders.ranking()
    basis = next(iter(data.bases.values()))
    cited = dataclasses.replace(
        data, title=Cited.of("JAX had 686,784", basis), source=Cited("Source: n = ") + Cited.of("9", basis)
    )
    spans = [(piece, found) for piece, found in ranking.describe(cited).pieces() if piece in ("JAX had 686,784", "9")]
    assert spans == [("JAX had 686,784", basis), ("9", basis)]


def test_a_metric_whose_title_has_a_digit_is_called_by_its_noun() -> None:
    data = builders.chart([builders.Row("pypi", "keras", 5)], [builders.metric(title="Rank in the top 5000")])
    assert ranking.describe(data).text.startswith("Bar chart of downloads, 2020.")


def test_a_name_keeps_its_capital() -> None:
    data = builders.chart([builders.Row("pypi", "keras", 5)], [builders.metric(title="Kaggle respondents")])
    assert ranking.describe(data).text.startswith("Bar chart of Kaggle respondents, 2020.")


def test_optional_parts_are_left_out_whole_and_never_cut() -> None:
    caveat = "Keras is counted in TensorFlow too, and that cannot be undone. " * 14
    alt = ranking.describe(builders.ranking(caveat=caveat.strip())).text
    assert len(alt) <= 1000
    assert caveat.strip() in alt
    assert "113.8 million" not in alt
    alt = ranking.describe(builders.ranking(caveat=caveat * 2)).text
    assert alt == "Bar chart of downloads from PyPI, 2020. TensorFlow is in front. Source: top-pypi-packages."


def test_over_450_characters_only_the_extras_are_left_out() -> None:
    caveat = "Keras is counted in TensorFlow too, and that cannot be undone. " * 6
    rows = [builders.Row("pypi", "tensorflow", 113_788_105)]
    data = builders.chart(rows, caveat=caveat.strip(), absent={("pypi", "jax"): "not asked"})
    assert ranking.describe(data).text == (
        f"Bar chart of downloads from PyPI, 2020. TensorFlow is in front. TensorFlow 113.8 million. {caveat.strip()} "
        "Source: top-pypi-packages."
    )


def test_what_cannot_be_shortened_is_refused() -> None:
    with pytest.raises(BadChart, match="longer than 1000 characters without its values"):
        ranking.describe(builders.ranking(source="a source with a long name, " * 40))


def test_another_window_than_the_reports_period_is_cited() -> None:
    year_to = builders.YEAR.year_before()
    data = builders.chart([builders.Row("pypi", one.key, 5, year_to) for one in (KERAS, PYTORCH)])
    assert ("2019", data.bases["b0"]) in list(ranking.describe(data).pieces())


@pytest.mark.parametrize(
    ("caveat", "shown"),
    [
        ("", True),
        ("Counts are restated", True),
        ("Counts of two months are set aside, because a list was not renewed then", True),
    ],
)
def test_a_chart_knows_that_its_caveat_is_in_the_picture_and_in_the_alt_text(caveat: str, shown: bool) -> None:
    assert render.render(ranking, builders.ranking(caveat=caveat)).caveat_shown is shown


def test_a_chart_knows_that_there_was_no_room_for_its_caveat() -> None:
    long = "Keras is counted in TensorFlow too, and that cannot be undone. " * 6
    assert render.render(ranking, builders.ranking(caveat=long.strip())).caveat_shown is False
