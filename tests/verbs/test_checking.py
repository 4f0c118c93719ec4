"""What check says of texts and titles that fit today and would not on another day."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.verbs.checking import check

_SMALL = Path(__file__).parents[2] / "templates" / "infrastructure-tools"
_LONGEST = len(
    "What this does not say: how much anybody uses a tool, or what runs in production. "
    "In 2026, Puppet had 100.0 points more than Chef, and nobody had to choose just one.\n\n2/2"
)


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report of one's own, beside which one stands."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(_SMALL, tmp_path / "templates" / "mine"))


def test_the_most_a_post_can_come_to_is_told(report: Path) -> None:
    assert check("mine").reports["mine"].splitlines()[-1] == f"  post     2 meaning, at the most {_LONGEST} of 280 long"


def test_a_post_that_comes_to_281_on_some_day_is_wrong_and_280_is_right(report: Path) -> None:
    text, rest = report / "meaning.txt", "x" * (279 - _LONGEST)
    text.write_text(f"{text.read_text().strip()} {rest}")
    assert "at the most 280 of 280 long" in check("mine").reports["mine"]
    text.write_text(f"{text.read_text()}x")
    problem = check("mine").problems["mine"]
    assert problem.startswith(
        "post meaning can be 281 long, 1 over the 280 of x, its number included: "
        'claims.puppet_chef leads ("Puppet had 100.0 points more than Chef"). It would read '
    )
    assert problem.endswith(f"; shorten {text}")


def test_a_title_that_does_not_fit_its_chart_when_all_are_level_is_wrong(report: Path) -> None:
    recipe = report / "report.toml"
    recipe.write_text(
        recipe.read_text().replace(
            "among the tools developers named", "among the tools that developers of all kinds named in the survey"
        )
    )
    assert "mine" not in check("mine").reports
    problem = check("mine").problems["mine"]
    assert problem.startswith(
        f'{recipe}: posts.opening.chart.title: the title "Terraform, Ansible, Puppet and Chef are level among '
    )
    assert 'It comes to that when claims.lead level ("Terraform, Ansible, Puppet and Chef are level")' in problem
