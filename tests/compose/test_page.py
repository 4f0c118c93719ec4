"""The page in a real headless Chromium, at desktop and phone widths, light and dark."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.compose.held import page as held_page
from tests.browser import executable
from tests.compose.test_held import FALL, GAP, held

playwright = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = executable()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium; .ci/run installs one")
        pytest.skip("no Chromium on this machine")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, preview_2020: Path) -> Iterator[Any]:
    """
    Opens the page at a width and colour scheme; fails the test on any request that leaves it, or the pictures beside it, and on any
    console message.
    """
    contexts = []
    troubles: list[str] = []

    def open_page(width: int = 1280, scheme: str = "light", page_file: Path = preview_2020 / "index.html") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        address = page_file.resolve().as_uri()

        def watch(request: Any) -> None:
            beside = request.url.startswith(f"{page_file.resolve().parent.as_uri()}/images/")
            if request.url != address and not beside and not request.url.startswith("data:"):
                troubles.append(f"request {request.url[:100]}")

        page.on("request", watch)
        page.on("console", lambda message: troubles.append(f"console {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"error {error}"))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def thread(preview_2020: Path) -> dict[str, Any]:
    return json.loads((preview_2020 / "thread.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_never_scrolls_sideways(opened: Any, scheme: str) -> None:
    page = opened(320, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (320, 390, 600, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_image_loads_at_full_size_with_the_stored_alt_text(opened: Any, thread: dict[str, Any]) -> None:
    page = opened()
    seen = page.evaluate(
        "[...document.images].map(image => [image.complete, image.naturalWidth, image.naturalHeight, image.alt])"
    )
    stored = [image["alt_text"] for post in thread["posts"] for image in post["images"]]
    assert seen == [[True, 1600, 1200, alt] for alt in stored]


def test_the_page_shows_each_post_word_for_word(opened: Any, thread: dict[str, Any]) -> None:
    page = opened()
    assert page.locator("article .text").all_inner_texts() == [post["text"] for post in thread["posts"]]


def test_each_post_has_its_heading_its_count_and_its_price(opened: Any, thread: dict[str, Any]) -> None:
    page = opened()
    assert page.locator("article").count() == 11
    meters = page.locator("article .meter").all_inner_texts()
    for post, meter in zip(thread["posts"], meters, strict=True):
        assert f"{post['weighted_length']}/280" in meter
        assert ("$0.02" if post["images"] else "$0.015") in meter


def test_the_number_of_problems_is_that_of_the_thread(opened: Any, thread: dict[str, Any]) -> None:
    assert opened().locator("#problems").inner_text() == f"{sum(len(post['remarks']) for post in thread['posts'])} problems"


def test_each_fact_of_an_observation_links_to_its_source(opened: Any, preview_2020: Path) -> None:
    facts = json.loads((preview_2020 / "facts.json").read_text(encoding="utf-8"))
    urls = {fact["url"] for fact in facts if fact["kind"] == "observation"}
    page = opened()
    linked = set(
        page.evaluate("[...document.querySelectorAll('.evidence a[href^=http]')].map(link => link.getAttribute('href'))")
    )
    assert linked == urls
    broken = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter(one => !document.getElementById(one.hash.slice(1))).length"
    )
    assert broken == 0


def test_the_data_behind_each_chart_is_a_readable_table(opened: Any) -> None:
    page = opened()
    assert page.locator("article table").count() == 9
    assert page.evaluate("[...document.querySelectorAll('table')].every(one => one.querySelectorAll('tbody tr').length >= 3)")


def test_the_badge_lies_in_the_corner_the_charts_leave_free(opened: Any) -> None:
    page = opened(390)
    share = page.evaluate(
        """() => { const image = document.images[0].getBoundingClientRect(), badge = document.querySelector('.badge').getBoundingClientRect();
        return [(badge.right - image.left) / image.width, (image.bottom - badge.top) / image.height] }"""
    )
    assert share[0] <= 265 / 1600
    assert share[1] <= 175 / 1200


def test_the_colour_scheme_of_the_reader_is_followed(opened: Any) -> None:
    grounds = [opened(390, scheme).evaluate("getComputedStyle(document.body).backgroundColor") for scheme in ("light", "dark")]
    assert grounds == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_the_policy_stops_a_script_even_if_one_got_in(browser: Any, preview_2020: Path, tmp_path: Path) -> None:
    text = (preview_2020 / "index.html").read_text(encoding="utf-8")
    planted = tmp_path / "index.html"
    planted.write_text(text.replace("</main>", "<script>document.title='owned'</script></main>"), encoding="utf-8")
    page = browser.new_page()
    page.goto(planted.as_uri())
    assert page.title() == "Deep-learning frameworks, 2020: preview"
    page.close()


def test_markup_in_figures_and_recipe_is_shown_not_run(tmp_path: Path, opened: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    figures = tmp_path / "hostile.csv"
    figures.write_text(
        "metric,subject,period_start,period_end,value,status,origin,url,retrieved_at,note\n"
        f"linkedin_jobs,tensorflow,2020-12-31,2021-01-01,5000,measured,{hostile},https://example.org/a?b=1&c=2,2021-01-04,{hostile}\n"
        f"linkedin_jobs,pytorch,2020-12-31,2021-01-01,2500,measured,{hostile},https://example.org/a,2021-01-04,{hostile}\n"
    )
    assert main(["preview", "--period", "2020", "--data", str(figures), "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    page = opened(390, "light", tmp_path / "dl-frameworks" / "2020" / "index.html")
    assert page.locator("img[src=x], i").count() == 0
    assert hostile in page.locator("main").text_content()


def test_the_page_of_what_is_held_fits_a_phone_and_leads_to_the_source(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(held_page(held(FALL, others=(GAP,))), encoding="utf-8")
    for scheme in ("light", "dark"):
        page = opened(320, scheme, path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("tr.judged .number").all_inner_texts() == ["110*", "3*"]
    assert page.locator("pre").last.inner_text() == 'threadmill approve frameworks 2020 --accept fall:papers --because "..."'
    assert page.locator("tbody a").first.get_attribute("href") == "https://example.org/figures"


# ---- the pages of evidence -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scheme"), [("index.html", "light"), ("facts/03.html", "dark"), ("facts/05.html", "light"), ("sources.html", "dark")]
)
def test_no_page_of_evidence_scrolls_sideways(opened: Any, preview_2020: Path, name: str, scheme: str) -> None:
    page = opened(320, scheme, preview_2020 / "evidence" / name)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (320, 360, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(0, 0, 0)"}[scheme]  # so the style passed the policy


def test_the_pictures_of_the_evidence_pass_its_policy_from_a_disk(
    opened: Any, preview_2020: Path, thread: dict[str, Any]
) -> None:
    page = opened(360, "light", preview_2020 / "evidence" / "index.html")
    page.evaluate("Promise.all([...document.images].map(one => (one.loading = 'eager', one.decode())))")
    seen = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt])")
    assert seen == [[1600, image["alt_text"]] for post in thread["posts"] for image in post["images"]]
    assert page.locator("article .text").all_inner_texts() == [post["text"] for post in thread["posts"]]


def test_a_number_in_a_post_leads_to_its_fact_and_that_to_its_figure(opened: Any, preview_2020: Path) -> None:
    page = opened(360, "dark", preview_2020 / "evidence" / "index.html")
    link = page.locator("#post-2 ~ .text a", has_text="113.8M")
    fact = page.evaluate("one => new URL(one.href).hash", link.element_handle())
    opened_facts = opened(360, "dark", preview_2020 / "evidence" / "facts" / "02.html")
    figure = opened_facts.locator(f"[id='{fact[1:]}'] a")
    assert figure.inner_text() == "TensorFlow: 113,788,105 downloads"
    figure.click()
    assert opened_facts.evaluate("document.querySelector(':target h3').innerText") == "TensorFlow: 113,788,105 downloads"
