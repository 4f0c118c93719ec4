from __future__ import annotations

import dataclasses

import pytest
from matplotlib.colors import to_hex

from bot.charts import share
from bot.charts.sheet.render import draw_checked
from bot.domain.claim import Quantity
from bot.domain.measure import Observation, Subject, Unit
from bot.errors import BadChart
from tests.charts import builders
from tests.charts.builders import JAX, PYTORCH, TENSORFLOW, YEAR, by_role, text, texts

YEARS = {"2018": [14, 0.4, 85.6], "2019": [34, 11, 55], "2020": [66, 14, 20]}
THREE = (PYTORCH, JAX, TENSORFLOW)
CONFERENCES = {"ICLR": [64, 36], "CVPR": [78.7, 21.3], "ACL": [82.7, 17.3], "ICML": [66.7, 33.3], "ECCV": [82.1, 17.9],
               "EMNLP": [87.6, 12.4], "NeurIPS": [76.8, 23.2], "NAACL": [68.9, 31.1], "ICCV": [70.1, 29.9]}  # fmt: skip


def test_heights_are_in_proportion_with_a_white_gap_between() -> None:
    figure = draw_checked(share, builders.share(YEARS, THREE))
    first = by_role(figure, "segment")[:3]
    one_percent = (first[2].get_y() + first[2].get_height() - first[0].get_y()) / 100
    assert (first[0].get_height() + 3) / one_percent == pytest.approx(14)
    assert first[2].get_height() / one_percent == pytest.approx(85.6)
    assert first[1].get_height() == 1  # 0.4 % less a gap of 3 px is still to be seen
    assert first[1].get_y() - (first[0].get_y() + first[0].get_height()) == pytest.approx(3)


def test_segments_have_their_subjects_colours_from_the_baseline_up() -> None:
    figure = draw_checked(share, builders.share(YEARS, THREE))
    fills = [to_hex(part.get_facecolor()) for part in by_role(figure, "segment")[:3]]
    assert fills == [PYTORCH.fill, JAX.fill, TENSORFLOW.fill]


def test_a_highlighted_subject_stands_on_the_baseline_and_the_rest_are_grey() -> None:
    figure = draw_checked(share, builders.share(YEARS, THREE, highlight=("tensorflow",)))
    fills = [to_hex(part.get_facecolor()) for part in by_role(figure, "segment")[:3]]
    assert fills == [TENSORFLOW.fill, "#c3c9d0", "#c3c9d0"]


def test_numbers_stand_inside_only_where_they_fit_and_read_on_their_fill() -> None:
    figure = draw_checked(share, builders.share(YEARS, THREE))
    assert texts(figure, "value") == ["14%", "86%", "34", "11", "55", "66", "14", "20"]
    inks = {one.get_text(): one.get_color() for one in by_role(figure, "value")}
    assert (inks["66"], inks["55"], inks["11"]) == ("#ffffff", "#000000", "#000000")


def test_names_stand_beside_the_last_column() -> None:
    figure = draw_checked(share, builders.share(YEARS, THREE))
    last = by_role(figure, "segment")[-1]
    right = last.get_x() + last.get_width()
    assert [text(figure, one.name).get_position()[0] for one in THREE] == pytest.approx([right + 34] * 3)


def test_nine_years_stand_and_nine_conferences_lie_down_because_their_names_are_long() -> None:
    standing = draw_checked(share, builders.share({str(year): [30, 70] for year in range(2012, 2021)}))
    assert len({round(part.get_x()) for part in by_role(standing, "segment")}) == 9
    lying = draw_checked(share, builders.share(CONFERENCES))
    assert texts(lying, "column") == list(CONFERENCES)
    assert len({round(part.get_y()) for part in by_role(lying, "segment")}) == 9
    first, second = by_role(lying, "segment")[:2]
    assert (first.get_width() + 3) / second.get_width() == pytest.approx(64 / 36)


@pytest.mark.parametrize(("parts", "refused"), [([30.05, 70.05], False), ([30, 70.2], True), ([30, 69], True)])
def test_parts_that_are_no_whole_are_refused(parts: list[float], refused: bool) -> None:
    data = builders.share({"2019": [30, 70], "2020": parts})
    if not refused:
        draw_checked(share, data)
        return
    with pytest.raises(BadChart, match=r'the parts of "2020" sum to \d+\.\d\d %, not 100'):
        share.draw(data)


def test_columns_of_different_metrics_are_shares_whatever_the_metrics_unit() -> None:
    papers = [builders.metric(key, f"{key} papers", noun="papers") for key in ("ACL", "ICML")]
    rows = [
        builders.Row(key.key, subject, value, YEAR, key.key)
        for key in papers
        for subject, value in (("pytorch", 80), ("tensorflow", 20))
    ]
    data = builders.chart(rows, papers, (PYTORCH, TENSORFLOW))
    data = dataclasses.replace(data, bases={key: _share_of(basis) for key, basis in data.bases.items()})
    assert texts(draw_checked(share, data), "value") == ["80%", "20%", "80", "20"]
    assert share.describe(data).text == (
        "Stacked bar chart of shares of papers, 2020. TensorFlow is in front. Measure, unit and period. ACL: PyTorch 80.0% and TensorFlow 20.0%, "
        "ICML: PyTorch 80.0% and TensorFlow 20.0%. Source: top-pypi-packages."
    )


def test_ten_columns_and_names_too_long_for_their_line_are_refused() -> None:
    with pytest.raises(BadChart, match="has 10 columns; more than 9"):
        share.draw(builders.share({str(year): [30, 70] for year in range(2011, 2021)}))
    wordy = tuple(Subject(f"s{at}", f"A framework, number {at}", "#26705b", "#26705b") for at in range(4))
    with pytest.raises(BadChart, match="line of names"):
        share.draw(builders.share({name: [25, 25, 25, 25] for name in CONFERENCES}, wordy))


def _share_of(basis: object) -> Quantity:
    assert isinstance(basis, Observation)
    return Quantity("chart", "share", basis.value, Unit.PERCENT, "papers", basis.metric, (basis.subject,), YEAR, (basis,))
