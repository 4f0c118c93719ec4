"""A post of a packaged report that states something says of which time, in its text or on its chart."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.report import PostSpec
from bot.recipe import reading
from bot.wiring import kinds

TEMPLATES = Path(__file__).parents[2] / "templates"
TOLD_BY = ("{{ period }}", "| window", "| day", "| year", "_lifetime }}")
"""What prints a period or window. A lifetime is a `multiplied` claim, whose sentence begins with its period."""
POSTS = [
    (folder.name, post)
    for folder in sorted(TEMPLATES.iterdir())
    for post in reading.report(folder, kinds()).posts
    if "claims." in post.text.source
]


def test_there_are_posts_that_state_something() -> None:
    assert {report for report, _ in POSTS} == {folder.name for folder in TEMPLATES.iterdir()}


@pytest.mark.parametrize(("report", "post"), POSTS, ids=[f"{report}-{post.name}" for report, post in POSTS])
def test_a_post_that_states_something_prints_the_time_it_is_about(report: str, post: PostSpec) -> None:
    told = post.text.source + ("" if post.chart is None else post.chart.subtitle.source)
    assert any(form in told for form in TOLD_BY), f"{report}: {post.text.place}"
