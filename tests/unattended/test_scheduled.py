"""Which reports are seen to unattended, in which mode; and that the shipped ones are, each a while after its figures are settled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot import wiring
from bot.config import settings
from bot.domain.period import Period, instant
from bot.domain.report import Report
from bot.domain.schedule import Mode
from bot.errors import BadInput

SHIPPED = ["dl-frameworks", "dl-frameworks-monthly", "python-web-frameworks"]


def a_house(folder: Path, **variables: str) -> wiring.House:
    return wiring.House(folder, settings({f"THREADMILL_{name}": text for name, text in variables.items()}), instant("2026-11-05"))


def modes(reports: list[Report]) -> dict[str, Mode]:
    return {one.key: one.schedule.mode for one in reports if one.schedule is not None}


def test_every_shipped_report_with_a_schedule_waits_for_an_approval(tmp_path: Path) -> None:
    reports, problems = wiring.scheduled(a_house(tmp_path))
    assert (modes(reports), problems) == (dict.fromkeys(SHIPPED, Mode.APPROVE), {})


@pytest.mark.parametrize(
    ("report", "period", "opens", "closes"),
    [
        ("dl-frameworks", "2026", "2027-01-08T06:00", "2027-03-02T00:00"),
        ("dl-frameworks-monthly", "2026-10", "2026-11-05T06:00", "2026-11-22T00:00"),
        ("python-web-frameworks", "2026-10", "2026-11-05T07:00", "2026-11-22T00:00"),
    ],
)
def test_a_shipped_report_goes_out_when_its_figures_are_settled(
    tmp_path: Path, report: str, period: str, opens: str, closes: str
) -> None:
    schedule = wiring.scheduled_report(a_house(tmp_path), report).schedule
    window = None if schedule is None else schedule.window(Period.parse(period))
    assert window is not None
    assert [f"{at:%Y-%m-%dT%H:%M}" for at in (window.opens_at, window.closes_at)] == [opens, closes]


def test_only_the_reports_that_are_named_are_seen_to(tmp_path: Path) -> None:
    reports, problems = wiring.scheduled(a_house(tmp_path, REPORTS="python-web-frameworks"))
    assert ([one.key for one in reports], problems) == (["python-web-frameworks"], {})


def test_a_mode_of_the_environment_wins_and_that_for_the_network_before_all(tmp_path: Path) -> None:
    house = a_house(tmp_path, MODES="dl-frameworks=auto,dl-frameworks/x=dry,python-web-frameworks/x=auto")
    assert modes(wiring.scheduled(house)[0]) == {
        "dl-frameworks": Mode.DRY, "dl-frameworks-monthly": Mode.APPROVE, "python-web-frameworks": Mode.AUTO,
    }  # fmt: skip


def test_nothing_but_the_mode_is_changed(tmp_path: Path) -> None:
    plain, changed = (
        wiring.scheduled_report(a_house(tmp_path, MODES=text), "dl-frameworks").schedule for text in ("", "dl-frameworks=auto")
    )
    assert plain is not None
    assert changed is not None
    assert {**vars(plain), "mode": Mode.AUTO} == vars(changed)


def test_a_recipe_that_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path) -> None:
    broken = tmp_path / "templates" / "dl-frameworks"
    shutil.copytree(wiring.report_folders(tmp_path)["dl-frameworks"], broken)
    recipe = broken / "report.toml"
    recipe.write_text(recipe.read_text().replace('cron = "0 6 8 1 *"', 'cron = "0 6 32 1 *"'))
    reports, problems = wiring.scheduled(a_house(tmp_path, MODES="dl-frameworks=auto"))
    assert [one.key for one in reports] == SHIPPED[1:]
    assert list(problems) == ["dl-frameworks"]
    assert problems["dl-frameworks"].startswith(f'{recipe}: schedule.cron is "0 6 32 1 *": "32" is no day-of-month')
    assert wiring.scheduled(a_house(tmp_path, REPORTS="python-web-frameworks"))[1] == {}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("REPORTS", "dl-framework", 'THREADMILL_REPORTS names the unknown report "dl-framework" (did you mean "dl-frameworks"?); there are '
                                    "dl-frameworks, dl-frameworks-counted, dl-frameworks-history, dl-frameworks-monthly, infrastructure-tools, python-web-frameworks"),
        ("MODES", "dl-framework/x=auto", 'THREADMILL_MODES names the unknown report "dl-framework" (did you mean "dl-frameworks"?); there are'),
        ("REPORTS", "infrastructure-tools", 'THREADMILL_REPORTS names "infrastructure-tools", whose recipe has no [schedule]; write one, or '
                                            "leave the report out"),
        ("MODES", "infrastructure-tools=dry", 'THREADMILL_MODES names "infrastructure-tools", whose recipe has no [schedule]; write one'),
        ("MODES", "dl-frameworks/mastodon=dry", 'THREADMILL_MODES names "dl-frameworks/mastodon"; that report goes to x'),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_meant_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(BadInput) as error:
        wiring.scheduled(a_house(tmp_path, **{name: text}))
    assert str(error.value).startswith(says)


def test_a_mode_of_a_report_that_is_not_seen_to_does_no_harm(tmp_path: Path) -> None:
    reports, _ = wiring.scheduled(a_house(tmp_path, REPORTS="dl-frameworks", MODES="python-web-frameworks=auto"))
    assert modes(reports) == {"dl-frameworks": Mode.APPROVE}
