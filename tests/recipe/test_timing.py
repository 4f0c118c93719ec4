"""The table `[schedule]`: durations, what is taken for granted, and what contradicts itself in any period."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.period import Granularity
from bot.domain.schedule import Mode, Schedule
from bot.errors import BadRecipe
from bot.recipe import ReportFile, report
from bot.recipe.bell import CronBell
from bot.recipe.timing import duration, in_words
from tests.builders import FEW
from tests.test_recipe import KINDS, RECIPE, written

MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)


def recipe(granularity: str, **keys: str) -> str:
    table = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return RECIPE.replace('"year"', f'"{granularity}"', 1).replace("[sources.csv]", f"[schedule]\n{table}\n[sources.csv]", 1)


def read(folder: Path, granularity: str, **keys: str) -> Schedule:
    found = report(written(folder, recipe(granularity, **keys)), KINDS).schedule
    assert found is not None
    return found


def refusal(folder: Path, granularity: str, **keys: str) -> str:
    here = written(folder, recipe(granularity, **keys))
    with pytest.raises(BadRecipe) as error:
        report(here, KINDS)
    return str(error.value).replace(f"{here}/", "")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90m", 90 * MINUTE),
        ("36h", 36 * HOUR),
        ("4d", 4 * DAY),
        ("2w", 14 * DAY),
        ("0d", 0 * DAY),
        ("1d 12h", 36 * HOUR),
        ("1d12h", 36 * HOUR),
        ("1w 1d 1h 1m", 8 * DAY + HOUR + MINUTE),
    ],
)
def test_a_duration_is_read(text: str, span: dt.timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize(
    "text", ["", " ", "4", "d", "4 d", "4 days", "-4d", "4D", "1.5d", "12h 1d", "1d 1d", "1d  2h", "٤d", "4d\n", "1s", "123456d"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r'is no duration; write 90m, 36h, 4d, 2w or "1d 12h"$'):
        duration(text)


@FEW
@given(st.integers(0, 400 * 24 * 60))
def test_a_duration_in_words_reads_back(minutes: int) -> None:
    assert duration(in_words(minutes * MINUTE)) == minutes * MINUTE


def test_without_a_table_a_report_goes_out_when_a_person_says_so(tmp_path: Path) -> None:
    assert report(written(tmp_path), KINDS).schedule is None


def test_every_key_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path, "month", cron="30 8 * * MON#2", zone="America/New_York", delay="36h", grace="2d", latest="3w", patience="90m",
        retry="10m", mode="auto",
    )  # fmt: skip
    assert found == Schedule(
        CronBell("30 8 * * MON#2", "America/New_York"), 36 * HOUR, 2 * DAY, 21 * DAY, 90 * MINUTE, 10 * MINUTE, Mode.AUTO
    )


@pytest.mark.parametrize(
    ("granularity", "cron", "days", "grace", "patience"),
    [
        ("year", "0 9 8 1 *", (4, 60), DAY, 12 * HOUR),
        ("month", "0 9 5 * *", (4, 21), DAY, 12 * HOUR),
        ("week", "0 9 * * WED", (2, 6), DAY, 12 * HOUR),
        ("day", "0 9 * * *", (1, 3), 6 * HOUR, 3 * HOUR),
    ],
)
def test_what_is_left_out_depends_on_the_granularity(
    tmp_path: Path, granularity: str, cron: str, days: tuple[int, int], grace: dt.timedelta, patience: dt.timedelta
) -> None:
    delay, latest = (count * DAY for count in days)
    found = read(tmp_path, granularity, cron=cron, zone="Europe/Berlin")
    assert found == Schedule(CronBell(cron, "Europe/Berlin"), delay, grace, latest, patience, HOUR, Mode.APPROVE)


@pytest.mark.parametrize(
    ("granularity", "keys"),
    [
        ("day", {"cron": "0 9 * * 1-5"}),  # a daily report that rests over the weekend
        ("day", {"cron": "0 0 1 * *"}),
        ("week", {"cron": "0 9 1,15 * *", "latest": "3w"}),
        ("month", {"cron": "0 9 5 1 *"}),  # December's only
        ("month", {"cron": "0 9 31 * *", "latest": "60d"}),
        ("month", {"cron": "*/5 * * * *"}),
        ("year", {"cron": "0 9 * 1 MON#2"}),
        ("year", {"cron": "0 9 29 2 *", "grace": "12h"}),  # of four years, the last
        ("day", {"cron": "30 2 * * *", "zone": "Australia/Lord_Howe", "grace": "23h", "patience": "23h"}),
    ],
)
def test_what_rings_seldom_or_often_is_legitimate(tmp_path: Path, granularity: str, keys: dict[str, str]) -> None:
    assert read(tmp_path, granularity, **{"zone": "Europe/Berlin", **keys}).mode is Mode.APPROVE


@pytest.mark.parametrize(
    ("granularity", "keys", "says"),
    [
        ("month", {"cron": "0 25 5 * *"}, 'schedule.cron is "0 25 5 * *": "25" is no hour (0-23); write minute, hour'),
        ("month", {"zone": "Berlin"}, 'schedule.zone is "Berlin", which is no time zone (did you mean "Europe/Berlin"?); write'),
        ("month", {"delay": "4 days"}, 'schedule.delay is wrong: "4 days" is no duration; write 90m, 36h, 4d, 2w or "1d 12h"'),
        ("month", {"retry": "1"}, 'schedule.retry is wrong: "1" is no duration'),
        ("month", {"latest": "401d"}, "schedule.latest is 401d; more than 400d cannot be meant"),
        ("month", {"mode": "yolo"}, "schedule.mode is 'yolo': input should be 'auto', 'approve' or 'dry'"),
        ("month", {"latest": "4d"}, "schedule.latest is 4d after the period's end, not later than delay (4d): nothing could go out; raise "
                                    "latest, or lower delay"),
        ("month", {"delay": "22d"}, "schedule.latest is 21d after the period's end, not later than delay (22d)"),
        ("month", {"grace": "0h"}, "schedule.grace is nothing: a turn could be begun in that very instant only; write how late it may begin"),
        ("month", {"patience": "0d"}, "schedule.patience is nothing: a source that is down for a minute would cost its posts"),
        ("month", {"retry": "4m"}, "schedule.retry is 4m; services are not asked more often than every 5m"),
        ("month", {"retry": "13h"}, "schedule.retry is 13h, longer than patience (12h): it would never come"),
        # 6 days after January ends it is 7 February; the 5th comes again in March, 33 days and 9 hours after January's end.
        ("month", {"delay": "6d"}, 'schedule.cron is "0 9 5 * *", which rings 33d 9h after the end of January 2020 for the first time since '
                                   "delay (6d) is over; nobody wants to read it from latest (21d) on. Choose an earlier ring, lower delay or "
                                   "raise latest"),
        ("week", {"cron": "0 9 * * MON"}, 'schedule.cron is "0 9 * * MON", which rings 7d 9h after the end of week 1 of 2020'),
        # the first Monday of 2021 is the 4th, before 2020 is settled; that of 2022 comes 2 days after 2021
        ("year", {"cron": "0 9 * 1 MON#1"}, 'schedule.cron is "0 9 * 1 MON#1", which rings 367d 9h after the end of 2020 for'),
        ("day", {"cron": "0 9 1 1 *"}, 'schedule.cron is "0 9 1 1 *", which rings so seldom that 365 days would share one thread, that of the newest'),
        ("week", {"cron": "0 9 5 1 *"}, 'schedule.cron is "0 9 5 1 *", which rings so seldom that 52 weeks would share one thread'),
        # 5 to 22 February less 9 hours are 16 days and 15 hours; from 5 February to 5 March it is 28 days in 2021
        ("month", {"grace": "16d 16h"}, "schedule.grace is 16d 16h, longer than the window of January 2020, which is over after 16d 15h: "
                                        "with latest, or when the next one opens"),
        ("month", {"latest": "60d", "grace": "29d"}, "schedule.grace is 29d, longer than the window of January 2021, which is over after 28d"),
        ("month", {"patience": "17d"}, "schedule.patience is 17d, longer than the window of January 2020"),
        ("day", {"zone": "Europe/Berlin", "cron": "0 9 * * *", "grace": "1d"},
         "schedule.grace is 1d, longer than the window of 26 Mar 2020, which is over after 23h"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_key(tmp_path: Path, granularity: str, keys: dict[str, str], says: str) -> None:
    told = refusal(tmp_path, granularity, **{"cron": "0 9 5 * *", "zone": "UTC", **keys})
    assert told.startswith(f"report.toml: {says}"), told


def test_grace_may_last_as_long_as_the_shortest_window(tmp_path: Path) -> None:
    assert read(tmp_path, "month", cron="0 9 5 * *", zone="UTC", grace="16d 15h").grace == 16 * DAY + 15 * HOUR


def test_a_place_and_a_time_are_always_said(tmp_path: Path) -> None:
    assert refusal(tmp_path, "month", cron="0 9 5 * *") == 'report.toml: "schedule.zone" is missing'


def test_a_misspelt_key_is_named_with_the_one_probably_meant(tmp_path: Path) -> None:
    assert refusal(tmp_path, "month", cron="0 9 5 * *", zone="UTC", patients="1d") == (
        'report.toml: unknown key "schedule.patients" (did you mean "patience"?)'
    )


def test_editors_know_the_table() -> None:
    table = ReportFile.model_json_schema()["$defs"]["ScheduleTable"]
    assert (table["required"], sorted(table["properties"])) == (
        ["cron", "zone"], ["cron", "delay", "grace", "latest", "mode", "patience", "retry", "zone"],
    )  # fmt: skip


@pytest.mark.parametrize("granularity", [one for one in Granularity if one is not Granularity.SPAN])
def test_every_granularity_has_its_defaults(tmp_path: Path, granularity: Granularity) -> None:
    assert read(tmp_path, granularity, cron="0 */2 * * *", zone="UTC").retry == HOUR


@pytest.mark.parametrize("granularity", ["year", "month", "week", "day"])
def test_what_the_handbook_says_is_taken_for_granted_is(tmp_path: Path, granularity: str) -> None:
    handbook = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in handbook.splitlines() if line.startswith("| `")]
    column = 2 + ["year", "month", "week", "day"].index(granularity)
    said = {cells[0]: cells[column] for cells in rows if len(cells) == 6 and cells[column] != "needed"}
    assert sorted(said) == ["delay", "grace", "latest", "mode", "patience", "retry"]
    written_out = read(tmp_path, granularity, cron="0 */2 * * *", zone="UTC", **said)
    (tmp_path / "plain").mkdir()
    assert written_out == read(tmp_path / "plain", granularity, cron="0 */2 * * *", zone="UTC")
