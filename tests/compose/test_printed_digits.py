"""
Each printed number, read back from its words, is the value it cites, rounded to the place it is printed to.

The reader here knows nothing of the formatters: it reads digits, scales and number words as a person would, and rounds with
`decimal`, half up.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.compose.views import FILTERS, FigureView, figure_view
from bot.compose.wording import phrase, phrases, printed, sentence
from bot.domain.claim import Quantity
from bot.domain.measure import Observation, Unit
from bot.domain.period import Period
from bot.domain.text import Cited
from tests.builders import MANY, METRICS, a_metric, a_report, asked, observed, stated, window

METRICS_HERE = {**METRICS, "load": a_metric("load", Unit.RATE)}
REPORT = a_report(metrics=METRICS_HERE)
SCALES = {"k": 10**3, "thousand": 10**3, "M": 10**6, "million": 10**6, "B": 10**9, "billion": 10**9}
WORDS = {"no": 0, "one": 1, "twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
         "ten": 10}  # fmt: skip
PLACES = {"first": 1, "second": 2, "third": 3}


def last_place(digits: str, scale: str | None) -> Decimal:
    """What one in the last printed digit is worth."""
    return Decimal(1).scaleb(-len(digits.partition(".")[2])) * SCALES.get(scale or "", 1)


def says(text: str, value: float) -> bool:
    """Whether a person who reads the text takes the value from it, sign aside, to the last place that is printed."""
    exact = abs(Decimal(repr(float(value))))
    found = re.search(r"(under |over |about )?(\d[\d,]*(?:\.\d+)?) ?(k|M|B|thousand|million|billion)?\b", text)
    if found is None:
        word = next(word for word in re.findall(r"[a-z]+", text) if word in WORDS or word in PLACES)
        number = WORDS.get(word) or PLACES.get(word, 0)
        if "times" in text or word == "twice":
            return abs(exact - number) <= Decimal("0.05") * number and ("about" in text) == (abs(exact - number) > Decimal("0.1"))
        return exact == number
    number, step = Decimal(found[2].replace(",", "")) * SCALES.get(found[3] or "", 1), last_place(found[2], found[3])
    if found[1] == "under ":
        return exact < number
    if found[1] == "over ":
        return number < exact < 100
    return number == (exact / step).to_integral_value(ROUND_HALF_UP) * step


def quantity(unit: Unit, value: float, noun: str = "papers") -> Quantity:
    return Quantity("it", "n", value, unit, noun, "papers", ("keras",), Period.parse("2020"), (observed(1),))


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("113.8M", 113_788_105, True),
        ("113.7M", 113_788_105, False),
        ("687k", 686_784, True),
        ("686k", 686_784, False),
        ("687", 686_784, False),
        ("12.3%", 12.25, True),
        ("12.2%", 12.25, False),
        ("under 0.1%", 0.04, True),
        ("under 0.1%", 0.4, False),
        ("over 99.9%", 99.96, True),
        ("over 99.9%", 100, False),
        ("about six times", 6.16, True),
        ("six times", 6.16, False),
        ("about six times", 6.4, False),
        ("twice", 1.95, True),
        ("twice", 1.8, False),
        ("4.0 points more", -4.03, True),
        ("4.1 points more", 4.03, False),
        ("third", 3, True),
    ],
)
def test_the_reader_of_these_tests_tells_right_from_wrong(text: str, value: float, right: bool) -> None:
    assert says(text, value) is right


# ---- numbers of claims ---------------------------------------------------------------------------------------------------------

COUNTS = [0, 1, 7, 999, 4_652, 9_999, 10_000, 10_499, 10_500, 686_784, 999_499, 999_500, 1_049_999, 1_050_000, 1_250_000,
          18_461_407, 61_441_467, 113_788_105, 999_949_999, 999_950_000, 1_234_567_890_123]  # fmt: skip
SHARES = [0, 0.04, 0.05, 0.06, 0.65, 6.21, 11.539, 12.25, 16.438, 47.88, 53.62, 62.5, 99.94, 99.96, 99.97, 100]
RATIOS = [0.83, 1, 1.02, 1.125, 1.26, 1.5, 1.89, 1.9, 2, 2.1, 2.25, 2.58, 2.86, 3.319, 6.1636, 6.35, 8.45, 9.97, 12.4, 26.9, 1234]
POINTS = [0.05, 0.25, 0.45, 4.03, 4.05, 5.74, 27.9, 99.95, -0.05, -4.03, -5.75]
CHANGES = [0.4, 0.5, 1.5, 3.4, 16.67, 26, 28.9, 89.5, 158.22, 1234.5, -0.4, -0.5, -16.67, -50, -99.4, -99.67, -100]
RATES = [0, 0.004, 0.25, 2.5, 99.25, 100.4, 1234.5, 113_788.4]


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (unit, value)
        for unit, values in (
            (Unit.COUNT, [*COUNTS, *(-count for count in COUNTS)]),
            (Unit.PERCENT, SHARES),
            (Unit.RATIO, RATIOS),
            (Unit.POINTS, POINTS),
            (Unit.CHANGE, CHANGES),
            (Unit.RATE, RATES),
        )
        for value in values
    ],
)
def test_the_number_of_a_claim_is_printed_as_its_value(unit: Unit, value: float) -> None:
    number = quantity(unit, value)
    told = printed(number)
    assert [basis for _, basis in told.pieces()] == [number]
    assert says(told.text, value), f"{value!r} is printed as {told.text!r}"


@MANY
@given(st.integers(1, 10_000_000))
@example(5)
@example(125)
def test_a_factor_is_printed_to_the_hundredth(more: int) -> None:
    seen = observed(1_000, period="2019", metric="downloads"), observed(more, metric="downloads")
    told = sentence(stated("multiplied", "tensorflow", *seen, metric="downloads"), REPORT)
    *_, text = (piece for piece, basis in told.pieces() if isinstance(basis, Quantity))
    assert abs(Decimal(text) - (1 + Decimal(more) / 1_000)) <= Decimal("0.005")


@MANY
@given(st.floats(0.06, 1e6))
def test_points_and_changes_are_off_by_half_their_last_place_at_most(size: float) -> None:
    for value in (size, -size):
        told = printed(quantity(Unit.POINTS, value)).text
        assert abs(Decimal(told.removesuffix(" points")) - Decimal(size)) <= Decimal("0.05") + Decimal(size) * Decimal("1e-12")
        told = printed(quantity(Unit.CHANGE, value)).text
        if not told.startswith(("under", "over")):
            assert abs(Decimal(told.removesuffix("%").replace(",", "")) - Decimal(size)) <= Decimal("0.5") + Decimal(
                size
            ) * Decimal("1e-12")


def test_what_is_under_or_over_is_neither_nought_nor_all() -> None:
    assert [printed(quantity(Unit.CHANGE, value)).text for value in (0.4, -0.4, -99.4, -99.67, -100, 99.67)] == [
        "under 1%", "under 1%", "99%", "over 99%", "100%", "100%",
    ]  # fmt: skip
    assert [printed(quantity(Unit.PERCENT, value)).text for value in (0, 0.04, 99.96, 100)] == [
        "0.0%", "under 0.1%", "over 99.9%", "100.0%",
    ]  # fmt: skip


# ---- numbers inside sentences --------------------------------------------------------------------------------------------------

WINDOWS = window("2019-12-23", "2021-01-01"), window("2019-01-11", "2020-01-01")


def shares(subject: str, now: float, other: float, against: str = "") -> list[Observation]:
    second = observed(other, against, metric="use") if against else observed(other, subject, "2019", "use")
    return [asked(1_000_000), asked(1_000_000, "2019"), observed(now, subject, metric="use"), second]


SENTENCES = [
    *(("ratio", "keras pytorch", "papers", [observed(one, "keras"), observed(other, "pytorch")])
      for one, other in ((312, 94), (9_000, 4_000), (113_788_105, 18_461_407), (1_125_000, 1_000_000), (1_234_000, 1_000), (4, 0), (1_200, 0))),
    *(("lead", "keras pytorch", "papers", [observed(one, "keras"), observed(other, "pytorch")])
      for one, other in ((152_029, 50_420), (635_000, 100_000), (105_000, 10_000), (12_345_678, 0))),
    *(("growth", "keras", "papers", [observed(now, "keras"), observed(before, "keras", "2019")])
      for now, before in ((1_260, 1_000), (18_950, 10_000), (2_000, 1_000), (2_250, 1_000), (12_500, 1_000), (74_395, 89_274), (1, 300), (5, 0), (0, 5),
                          (1_045, 1_000_000))),
    ("growth", "tensorflow", "downloads", [observed(1_500_000, period=WINDOWS[0], metric="downloads"), observed(710_000, period=WINDOWS[1], metric="downloads")]),
    ("growth", "tensorflow", "downloads", [observed(1_500_000, period=WINDOWS[0], metric="downloads"), observed(1_136_000, period=WINDOWS[1], metric="downloads")]),
    *(("growth", "keras", "use", shares("keras", now, before)) for now, before in ((32.39, 28.36), (28.36, 32.39), (6.21, 5.71), (99.9, 3.1))),
    *(("lead", "keras pytorch", "use", shares("keras", one, other, "pytorch")) for one, other in ((61.8, 33.9), (53.62, 47.88), (50.25, 50))),
    *(("share", "pytorch", "papers", [observed(part, "pytorch"), observed(whole, "all")])
      for part, whole in ((312, 1_898), (1, 100_000), (99_999, 100_000), (49, 400), (0, 5), (5, 5))),
    *(("multiplied", "tensorflow", "downloads", [observed(now, metric="downloads"), observed(before, period="2019", metric="downloads")])
      for now, before in ((113_788_105, 61_441_467), (125, 1_000), (1, 3))),
    ("rank", "pytorch keras", "papers", [observed(45_135, "pytorch"), observed(50_420, "keras")]),
    ("ratio", "keras pytorch", "load", [observed(2.5, "keras", metric="load"), observed(0.8, "pytorch", metric="load")]),
    ("ratio", "keras pytorch", "load", [observed(2.5, "keras", metric="load"), observed(0, "pytorch", metric="load")]),
]  # fmt: skip


def numbers(told: Cited) -> list[tuple[str, float]]:
    """The cited pieces that hold a number, with the value of what they cite."""
    return [
        (piece, basis.value)
        for piece, basis in told.pieces()
        if isinstance(basis, Quantity) and (re.search(r"\d", piece) or set(piece.split()) & {*WORDS, *PLACES})
    ]


@pytest.mark.parametrize(
    ("kind", "subjects", "metric", "seen"), SENTENCES, ids=[f"{kind}-{at}" for at, (kind, *_) in enumerate(SENTENCES)]
)
def test_every_number_of_a_sentence_is_the_value_it_cites(kind: str, subjects: str, metric: str, seen: list[Observation]) -> None:
    claim = stated(kind, subjects, *seen, metric=metric, metrics=METRICS_HERE)
    assert numbers(sentence(claim, REPORT)) != []
    for name in phrases(claim):
        told = phrase(claim, REPORT, name)
        assert told is not None
        for piece, value in numbers(told):
            assert says(piece, value), f"{value!r} is printed as {piece!r} by {name}"


# ---- figures through their filters ---------------------------------------------------------------------------------------------


def view(value: float, metric: str) -> FigureView:
    found = figure_view(observed(value, metric=metric), REPORT)
    assert isinstance(found, FigureView)
    return found


@pytest.mark.parametrize("name", ["compact", "full", "spoken"])
@pytest.mark.parametrize(("metric", "value"), [*(("papers", value) for value in COUNTS), *(("load", value) for value in RATES)])
def test_a_figure_is_printed_as_its_value_by_every_filter(name: str, metric: str, value: float) -> None:
    told = FILTERS[name](view(value, metric))  # type: ignore[operator]
    assert says(told.text, value), f"{value!r} is printed as {told.text!r}"


@pytest.mark.parametrize("places", [0, 1, 2])
@pytest.mark.parametrize("value", SHARES)
def test_a_share_is_printed_as_its_value_to_any_place(value: float, places: int) -> None:
    told = FILTERS["percent"](view(value, "use"), places)  # type: ignore[operator]
    assert says(told.text, value), f"{value!r} is printed as {told.text!r}"
    assert says(FILTERS["full"](view(value, "use")).text, value)  # type: ignore[operator]
