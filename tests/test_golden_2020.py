"""
The 2020 thread, whole, through the front door.

Every expected figure is from facts published or computed elsewhere: PyPI's windows, the survey tables, the papers table and GitHub's
year-end counts, worked out by hand below. Nothing here was copied from a run.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import struct
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main

# PyPI, pip only, the 365 days before 2021-01-01 and before 2020-01-03, and the two windows before those.
TENSORFLOW, TORCH, KERAS, JAX = 113_788_105, 18_461_407, 29_196_563, 686_784
TENSORFLOW_BEFORE, TORCH_BEFORE, KERAS_BEFORE = 44_066_008, 7_406_129, 23_230_894
TENSORFLOW_2017, TENSORFLOW_2018 = 3_769_006, 13_606_453

TEXTS = {
    "opening": """\
Deep-learning frameworks in 2020, by public numbers.

TensorFlow leads in five of six measures and PyTorch in one.

Measure by measure, each with what its number does not tell.

1/11""",
    # 113,788,105 / 18,461,407 = 6.16, within 5 % of six.
    "downloads": """\
Downloads from PyPI by pip, 365 days to 31 Dec 2020:

TensorFlow 113.8M
Keras 29.2M
PyTorch 18.5M
JAX 687k

TensorFlow had about six times the downloads of PyTorch. One package per framework; nightly, CPU-only and GPU-only builds are not added.

2/11""",
    # 113,788,105 / 44,066,008 = 2.58; 29,196,563 / 23,230,894 = 1.257; 18,461,407 / 7,406,129 = 2.49.
    # (3,769,006 + 13,606,453 + 44,066,008 + 113,788,105) / (3,769,006 + 13,606,453 + 44,066,008) = 175,229,572 / 61,441,467 = 2.85.
    "downloads_growth": """\
Downloads a day, against the year before:

TensorFlow 2.6 times as many
Keras +26%
PyTorch 2.5 times as many

2020 alone multiplied the downloads of TensorFlow counted since 9 Jan 2017 by 2.85. By pip only; the oldest counts run small.

3/11""",
    "downloads_meaning": """\
What a download is not: a person. Build servers and containers fetch the same package again and again, and a cache hides repeat installs.

Wheels from PyTorch's own index are missing from its 18.5M. The number says how busy the pipes are, not who drinks.

4/11""",
    # 4,652 / 2,504 / 1,872 of 40,314; 11.539 - 4.644 = 6.896 points.
    "stackoverflow": """\
Stack Overflow asked developers of every kind, worldwide. Of 40,314 who answered the question on tools in 2020:

TensorFlow 11.5%
Keras 6.2%
PyTorch 4.6%
JAX was not on the list

TensorFlow had 6.9 points more than PyTorch.

5/11""",
    # Shares of those who named a framework: 53.62, 47.88, 32.39, 0.65; in 2019 48.38, 47.84, 28.36.
    "kaggle": """\
Kaggle asks people who do machine learning. Of 12,932 who named at least one framework in 2020:

TensorFlow 53.6%
Keras 47.9%
PyTorch 32.4%
JAX 0.6%

On the year before: TensorFlow +5.2 points, Keras level, PyTorch +4.0 points.

6/11""",
    "kaggle_union": """\
People tick as they please, so shares do not add. Counting each person once per family, of 12,932 who named a framework:

TensorFlow or Keras 61.8%
PyTorch or fastai (Lightning, where asked) 33.9%
JAX 0.6%

Who joins Kaggle is not who works in the field.

7/11""",
    "research": """\
Papers at NeurIPS 2020, 1,898 in all, that name just one framework: PyTorch 312, TensorFlow 94.

PyTorch leads in all six conferences counted.

Papers from Google and Facebook are not counted. Research is not use at work.

8/11""",
    # 152,029 against 139,535: +9.0 %; 50,420 against 46,229: +9.1 %; 45,135 against 35,015: +28.9 %.
    "stars": """\
GitHub stars at the end of 2020:

TensorFlow 152k
Keras 50k
PyTorch 45k
JAX 11k

On the year before: TensorFlow +9%, Keras +9%, PyTorch +29%.

A star is a bookmark: it does not tell who still uses what.

9/11""",
    # 83,621 / 11,964 = 6.99.
    "forks": """\
Forks on GitHub at the end of 2020:

TensorFlow 84k
Keras 19k
PyTorch 12k
JAX 897

TensorFlow had seven times the forks of PyTorch. A fork starts a contribution, a copy for safekeeping or a course exercise; the counter does not tell which.

10/11""",
    "closing": """\
No measure here counts people, and each favours somebody: package counts favour servers, surveys favour who answers, stars favour age.

The charts name their sources. What nobody counted is left out, not set to nought. Corrections are welcome.

11/11""",
}  # fmt: skip

TITLES = {
    "opening": "TensorFlow leads in five of six measures and PyTorch in one",
    "downloads": "TensorFlow had about six times the downloads of PyTorch",
    "downloads_growth": "TensorFlow grew to 2.6 times the year before, by yearly totals",
    "stackoverflow": "TensorFlow leads among developers Stack Overflow asked",
    "kaggle": "TensorFlow leads on Kaggle; PyTorch grew by 4.0 points on the year before",
    "kaggle_union": "TF/Keras had 27.9 points more than PyTorch & co.",
    "research": "PyTorch leads in all six conferences counted",
    "stars": "TensorFlow leads on stars; PyTorch grew by 29% on the year before",
    "forks": "TensorFlow had seven times the forks of PyTorch",
}


@pytest.fixture
def thread(preview_2020: Path) -> dict[str, Any]:
    return json.loads((preview_2020 / "thread.json").read_text(encoding="utf-8"))


@pytest.fixture
def facts(preview_2020: Path) -> list[dict[str, Any]]:
    return json.loads((preview_2020 / "facts.json").read_text(encoding="utf-8"))


def test_the_thread_says_what_the_figures_say(thread: dict[str, Any]) -> None:
    assert {post["name"]: post["text"] for post in thread["posts"]} == TEXTS


def test_the_posts_are_numbered_one_to_eleven_in_the_order_of_the_recipe(thread: dict[str, Any]) -> None:
    assert [post["name"] for post in thread["posts"]] == list(TEXTS)
    assert [(post["position"], post["total"]) for post in thread["posts"]] == [(number, 11) for number in range(1, 12)]


def test_every_post_fits_and_none_has_a_link(thread: dict[str, Any]) -> None:
    assert [post["name"] for post in thread["posts"] if post["weighted_length"] > 280 or post["links"] or post["remarks"]] == []
    assert all(post["weighted_length"] == len(post["text"]) for post in thread["posts"])  # all of them plain Latin text


def test_the_files_hold_the_same_texts(preview_2020: Path) -> None:
    written = [path.read_text(encoding="utf-8").removesuffix("\n") for path in sorted((preview_2020 / "posts").iterdir())]
    assert written == list(TEXTS.values())


def test_the_cost_is_eleven_posts_and_nine_alt_texts(thread: dict[str, Any]) -> None:
    assert thread["cost_usd"] == pytest.approx(11 * 0.015 + 9 * 0.005)


def test_what_has_no_lawful_figure_is_left_out_with_its_reason(thread: dict[str, Any]) -> None:
    reasons = {skipped["post"]: skipped["reason"] for skipped in thread["skipped"]}
    assert list(reasons) == [
        "stackoverflow_union", "jobs", "scholar", "scholar_openalex", "colab", "kaggle_notebooks", "questions", "interest", "browser"
    ]  # fmt: skip
    assert "no figure for TF/Keras in 2020" in reasons["stackoverflow_union"]
    assert "https://survey.stackoverflow.co/" in reasons["stackoverflow_union"]
    assert "forbids automated collection" in reasons["jobs"]
    assert "forbids automated queries" in reasons["scholar"]
    assert "publishes no usage figures" in reasons["colab"]
    assert all("periods from 2021 on" in reasons[name] for name in ("scholar_openalex", "questions", "interest", "browser"))
    assert thread["held"] == []


def test_each_chart_states_the_finding_of_its_post(thread: dict[str, Any]) -> None:
    assert {post["name"]: image["title"] for post in thread["posts"] for image in post["images"]} == TITLES


def test_each_image_is_a_small_opaque_palette_png_of_the_stated_size(thread: dict[str, Any], preview_2020: Path) -> None:
    images = [image for post in thread["posts"] for image in post["images"]]
    assert len(images) == 9
    for image in images:
        png = (preview_2020 / image["path"]).read_bytes()
        assert hashlib.sha256(png).hexdigest() == image["sha256"]
        width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
        assert (width, height, depth, colour) == (1600, 1200, 8, 3)
        assert (image["width"], image["height"]) == (1600, 1200)
        assert b"tRNS" not in png
        assert len(png) < 300_000


def test_each_alt_text_holds_the_finding_and_is_of_a_length_to_listen_to(thread: dict[str, Any]) -> None:
    for post in thread["posts"]:
        for image in post["images"]:
            assert image["title"] in image["alt_text"]
            assert image["alt_text"] not in post["text"]
            assert 200 <= len(image["alt_text"]) <= 450, (post["name"], len(image["alt_text"]))


def test_the_alt_text_of_the_downloads_tells_every_bar(thread: dict[str, Any]) -> None:
    alt = thread["posts"][1]["images"][0]["alt_text"]
    for told in ("Bar chart", "TensorFlow 113.8 million", "Keras 29.2 million", "PyTorch 18.5 million", "687 thousand"):
        assert told in alt


def test_every_fact_is_a_substring_of_its_post(thread: dict[str, Any], facts: list[dict[str, Any]]) -> None:
    assert len(facts) > 100
    for fact in facts:
        assert fact["text"]
        assert fact["text"] in _place(thread, fact)


def test_every_figure_printed_anywhere_is_covered_by_a_fact(thread: dict[str, Any], facts: list[dict[str, Any]]) -> None:
    for post in thread["posts"]:
        places = {"text": post["text"].removesuffix(f"\n\n{post['position']}/11")}
        for image in post["images"]:
            places |= {"title": image["title"], "alt_text": image["alt_text"]}
        for where, text in places.items():
            printed = [fact["text"] for fact in facts if fact["post"] == post["position"] and fact["where"] == where]
            left = text
            for one in sorted(printed, key=len, reverse=True):
                left = left.replace(one, "")
            digits = [character for character in re.sub(r"\b2020\b", "", left) if unicodedata.category(character)[0] == "N"]
            assert digits == [], (post["name"], where, left)


def test_every_claim_rests_on_observations_of_the_same_post(facts: list[dict[str, Any]]) -> None:
    by_id = {fact["id"]: fact for fact in facts}
    assert len(by_id) == len(facts)
    claims = [fact for fact in facts if fact["kind"] == "claim"]
    assert len(claims) > 30
    for claim in claims:
        assert claim["evidence"]
        assert {by_id[key]["kind"] for key in claim["evidence"]} == {"observation"}
        assert {by_id[key]["post"] for key in claim["evidence"]} == {claim["post"]}


def test_every_observation_ends_at_the_bytes_it_was_read_from(facts: list[dict[str, Any]]) -> None:
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.name
        for path in files("bot.archive").iterdir()
        if path.name.endswith(".csv")
    }
    observations = [fact for fact in facts if fact["kind"] == "observation"]
    for fact in observations:
        name = digests[fact["payload_sha256"]]
        assert fact["query"].startswith(f"{name}:")
        row = _row(name, int(fact["query"].partition(":")[2]))
        assert float(row["value"]) == fact["value"]
        assert (row["metric"], [row["subject"]]) == (fact["metric"], fact["subjects"])
        assert row["period_start"] == fact["window"]["start"][:10]
        assert row["period_end"] == fact["window"]["end"][:10]
        assert fact["url"] == row["url"]
        assert fact["origin"] == row["origin"]
        assert fact["retrieved_at"][:10] == row["retrieved_at"][:10]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("downloads_ratio", TENSORFLOW / TORCH),
        ("tensorflow_downloads_growth", TENSORFLOW / TENSORFLOW_BEFORE),
        ("pytorch_downloads_growth", TORCH / TORCH_BEFORE),
        ("keras_downloads_growth", 100 * (KERAS / KERAS_BEFORE - 1)),
        (
            "tensorflow_lifetime",
            (TENSORFLOW_2017 + TENSORFLOW_2018 + TENSORFLOW_BEFORE + TENSORFLOW) / (TENSORFLOW_2017 + TENSORFLOW_2018 + TENSORFLOW_BEFORE),
        ),
        ("so_ratio", 100 * (4652 - 1872) / 40314),
        ("pytorch_stars_growth", 100 * (45135 / 35015 - 1)),
        ("tensorflow_stars_growth", 100 * (152029 / 139535 - 1)),
        ("forks_ratio", 83621 / 11964),
        ("kaggle_union_ratio", 61.76 - 33.86),
        ("pytorch_kaggle_growth", 32.39 - 28.36),
    ],
)  # fmt: skip
def test_each_claim_has_the_value_worked_out_by_hand(facts: list[dict[str, Any]], claim: str, value: float) -> None:
    stated = {fact["value"] for fact in facts if fact["claim"] == claim and fact["where"] in ("text", "title")}
    assert any(one == pytest.approx(value, rel=1e-9 if "kaggle" not in claim else 2e-3) for one in stated), stated


def test_each_printed_number_is_the_rounded_value_of_its_fact(facts: list[dict[str, Any]]) -> None:
    checked = 0
    for fact in facts:
        if (
            not fact["shown"]
            or re.fullmatch(r"20\d\d", fact["text"])  # the year a figure is of
            or (match := re.fullmatch(r"[^\d]*?([\d,]+)(?:\.(\d+))?(M|k|%| million| thousand)?( [a-z ]+)?", fact["text"])) is None
        ):
            continue
        whole, places, scale, _ = match.groups()
        printed = float(whole.replace(",", "") + "." + (places or "0"))
        size = {"M": 1e6, " million": 1e6, "k": 1e3, " thousand": 1e3}.get(scale or "", 1)
        if fact["kind"] == "observation" and fact["unit"] != "percent" and scale == "%":
            pytest.fail(f"{fact['text']} is a percentage of {fact['unit']}")
        value = abs(fact["value"]) / size
        if fact["where"] == "alt_text" and fact["metric"] == "pypi_downloads_30d":
            continue  # a daily average: the fact is the total of the window it was divided by
        assert abs(printed - value) <= 0.5 * 10 ** -len(places or "") + 1e-9, fact
        checked += 1
    assert checked > 60


def test_the_downloads_are_those_of_the_raw_file(shared: Path, facts: list[dict[str, Any]]) -> None:
    with (shared / "data/pypi/downloads.csv").open(newline="") as file:
        raw = {
            row["package"]: int(row["downloads"])
            for row in csv.DictReader(file)
            if row["window_days"] == "365" and row["window_start"] == "2020-01-02"
        }
    printed = {
        fact["subjects"][0]: fact["value"] for fact in facts if fact["metric"] == "pypi_downloads_year" and fact["post"] == 2
    }
    assert printed["tensorflow"] == raw["tensorflow"] == TENSORFLOW
    assert printed["pytorch"] == raw["torch"] == TORCH
    assert printed["keras"] == raw["keras"] == KERAS
    assert printed["jax"] == raw["jax"] == JAX


def test_the_same_figures_give_the_same_bytes(preview_2020: Path, tmp_path: Path) -> None:
    assert main(["preview", "--period", "2020", "--out", str(tmp_path)]) == 0
    again = tmp_path / "dl-frameworks" / "2020"
    names = sorted(path.relative_to(preview_2020) for path in preview_2020.rglob("*") if path.is_file())
    assert len(names) == (11 + 9 + 3) + (11 + 9 + 4)
    differing = [str(name) for name in names if (preview_2020 / name).read_bytes() != (again / name).read_bytes()]
    assert set(differing) <= {
        "thread.json",
        "index.html",
        "evidence/thread.json",
        "evidence/index.html",
    }  # they tell when they were composed


def test_the_preview_covers_only_what_was_over_by_then(facts: list[dict[str, Any]]) -> None:
    late = {fact["window"]["end"][:10] for fact in facts if fact["window"] and fact["window"]["end"][:10] > "2021-01-02"}
    assert late == set()


def _place(thread: dict[str, Any], fact: dict[str, Any]) -> str:
    post = thread["posts"][fact["post"] - 1]
    return post["text"] if fact["where"] == "text" else post["images"][0][fact["where"]]


def _row(name: str, line: int) -> dict[str, str]:
    text = files("bot.archive").joinpath(name).read_text(encoding="utf-8")
    header, row = text.splitlines()[0], text.splitlines()[line - 1]
    return next(csv.DictReader([header, row]))
