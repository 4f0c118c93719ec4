from __future__ import annotations

from bot.charts.sheet.table import table
from bot.domain.text import Cited
from tests.charts import builders
from tests.charts.builders import JAX, TENSORFLOW


def test_the_table_has_every_digit_and_cites_it() -> None:
    data = builders.downloads({TENSORFLOW: 113_788_105})
    basis = data.bases["b0"]
    found = table(data)
    assert (found.caption, found.columns) == ("Downloads from PyPI", ("Subject", "Window", "Value"))
    assert found.rows == ((Cited("TensorFlow"), Cited.of("2020", basis), Cited.of("113,788,105", basis)),)


def test_groups_and_intervals_have_columns_where_there_are_any() -> None:
    data = builders.survey({TENSORFLOW: {"2020": (53.62, 52.76, 54.48)}, JAX: {}}, absent={("pypi", "jax"): "not asked"})
    found = table(data)
    assert found.columns == ("Subject", "Group", "Window", "Value", "95% interval")
    assert [[cell.text for cell in row] for row in found.rows] == [
        ["TensorFlow", "2020", "2020", "53.6%", "52.8% to 54.5%"],
        ["JAX", "", "", "not asked", ""],
    ]


def test_a_daily_average_says_so() -> None:
    data = builders.months({TENSORFLOW: [227_123.456]}, per_day=True)
    assert table(data).caption == "Downloads from PyPI, as a daily average"
    assert [cell.text for cell in table(data).rows[0]] == ["TensorFlow", "January 2019", "227,123"]
