"""Answers to a "select all that apply" question, and the subjects that its options stand for. Shared by the survey rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.measure import Subject
from bot.errors import BadRecipe


@dataclass(frozen=True)
class Answers:
    """
    How many respondents gave each combination of options, options as `normal` writes them.

    Only those who count as the base are in it. `offered` are the options that the question is known to have had.
    """

    counts: Mapping[frozenset[str], int] = field(hash=False)
    offered: frozenset[str]

    @property
    def base(self) -> int:
        """Respondents a share is taken of."""
        return sum(self.counts.values())

    def naming(self, options: frozenset[str]) -> int:
        """Respondents who named at least one of the options, each once."""
        return sum(count for named, count in self.counts.items() if not named.isdisjoint(options))


def normal(option: str) -> str:
    """An option's label without blanks around it and without case: surveys respell their options from year to year."""
    return option.strip().casefold()


def options(subject: Subject, source: str) -> frozenset[str]:
    """The labels a subject goes by at a survey: `ids[source]`, spellings of several years parted by "|"."""
    spellings = (normal(label) for label in subject.ids.get(source, "").split("|"))
    return frozenset(label for label in spellings if label)


def parts(subject: Subject, subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """
    The subject itself, or a group's members.

    Raises:
        BadRecipe: a member is not among the subjects.
    """
    if not subject.members:
        return (subject,)
    known = {one.key: one for one in subjects}
    for key in subject.members:
        if key not in known:
            raise BadRecipe(
                f'the group "{subject.key}" has the member "{key}", which is not among the subjects. A union is counted from the '
                "members' own options. Add the member as a subject with its ids."
            )
    return tuple(known[key] for key in subject.members)
