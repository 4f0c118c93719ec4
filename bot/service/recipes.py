"""The scheduled reports as they were when they could last be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot import wiring
from bot.domain.report import Report
from bot.errors import ThreadmillError


@dataclass
class Recipes:
    """
    Reports, and a copy of each recipe that stays as it is however the folder is edited.

    `problems` are recipes that cannot be read now; one that could be read before goes on as it was.
    """

    house: wiring.House
    reports: Mapping[str, Report] = field(default_factory=dict)
    copies: Mapping[str, Path] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> None:
        """
        Read all recipes anew.

        Raises:
            BadInput: a setting names what there is not.
        """
        found, problems = wiring.scheduled(self.house)
        reports = {report.key: report for report in found}
        copies: dict[str, Path] = {}
        for key in list(reports):
            try:
                copies[key] = wiring.keep_recipe(self.house, key)
            except ThreadmillError as error:
                problems = {**problems, key: str(error)}
                del reports[key]
        kept = {key: report for key, report in self.reports.items() if key in problems}
        # copies first: a look beside this finds the copy of every report it sees
        self.copies = {**{key: self.copies[key] for key in kept}, **copies}
        self.reports = {**kept, **reports}
        self.problems = problems

    def told(self, key: str) -> str:
        """What is wrong with a recipe, and what that means."""
        went_on = "it goes on as it was before" if key in self.reports else "it is not scheduled until it is mended"
        return f"{self.problems[key]}; {went_on}. Mend it, and send SIGHUP"

    def in_house(self) -> wiring.House:
        """The house with these copies in place of the folders."""
        return dataclasses.replace(self.house, recipes=self.copies)
