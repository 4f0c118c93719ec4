"""
Which machine-learning frameworks respondents of Kaggle's yearly survey use.

Measures shares of the respondents who named at least one framework ("None" alone is an answer, but names none). Whole
surveys; the period of a row is the calendar year of its survey, although each was open for a few weeks of autumn only.
Goes back to 2017 and ends with 2022: Kaggle has held none since. Nothing settles late. No quota: download the files once, by
hand, after accepting the competition's rules (datasets kaggle/kaggle-survey-2017 and -2018, competitions kaggle-survey-2019
to -2022). The data may not be redistributed; shares computed from it may be cited.

Traps, each seen in the files: 2017 is Latin-1, has one header line and one list of tools without Keras and PyTorch; 2018 asks
what was used "in the past 5 years", later years what is used "on a regular basis"; from 2018 on a second header line holds the
questions; labels carry blanks and are respelt (Fastai, Fast.ai); JAX is an option from 2020, PyTorch Lightning from 2021.

`Subject.ids["kaggle_survey"]` holds a subject's option label, spellings parted by "|". A group is the union of those of its
members that the year offered, every respondent once.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import WHOLE, Aggregation, Break, Coverage, Metric, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.errors import BadFigures
from bot.ports import Client, Reply
from bot.sources import _files, _options

_NAME: Final = "kaggle_survey"
_BREAKS: Final = (
    Break(dt.datetime(2018, 1, 1, tzinfo=dt.UTC), "earlier, one list of tools was offered, without Keras and PyTorch"),
    Break(dt.datetime(2019, 1, 1, tzinfo=dt.UTC), "earlier, the question was about use in recent years, later about regular use"),
)
_DOES_NOT_MEASURE: Final = (
    "How much or for what a framework is used, and nobody outside Kaggle's community; use at work and at study are one answer."
)
_KNOWN_BIASES: Final = (
    "Respondents choose themselves. Kaggle is run by Google, and many who answer are students. Options come and go between "
    "years; an option that was not offered is absent here, not zero."
)
_FIRST_ASKED: Final = {
    "TensorFlow": 2017, "Keras": 2018, "PyTorch": 2018, "Fastai": 2018, "Fast.ai": 2018, "JAX": 2020, "PyTorch Lightning": 2021,
}  # fmt: skip
"""The first survey that offered an option, by the columns of the files."""
METRICS: Final = (
    Metric(
        key="kaggle_survey_users",
        title="Kaggle survey respondents who use a framework",
        unit=Unit.COUNT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        beyond=1e6,
        measures="Kaggle survey respondents who ticked the framework when asked which they use; for all, who named any.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="Kaggle respondents",
        breaks=_BREAKS,
        asked_by="kaggle_survey",
        first_asked=_FIRST_ASKED,
    ),
    Metric(
        key="kaggle_survey_use",
        title="Share of Kaggle survey respondents who use a framework",
        unit=Unit.PERCENT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        measures="The share of those Kaggle survey respondents who named at least one framework that ticked this one.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="Kaggle survey",
        base="kaggle_survey_users",
        breaks=_BREAKS,
        asked_by="kaggle_survey",
        first_asked=_FIRST_ASKED,
    ),
)
ORIGINS: Final = (
    Origin(
        name="Kaggle survey",
        homepage="https://www.kaggle.com/kaggle-survey-2022",
        terms="competition data, not to be redistributed; computed shares may be cited",
        citation="Kaggle Machine Learning and Data Science Survey, shares computed from the published responses",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="the calendar year of each survey",
    depth="surveys of 2017 to 2022; none has been held since",
    lag="none: published answers do not change",
    quota="none: each year is downloaded once, by hand",
)
SAYS_ALL: Final = True
_NONE: Final = _options.normal("None")
_LIMIT_BYTES: Final = 64 * _files.MIB
"""The largest responses file, 2018, has 41 MB."""


@dataclass(frozen=True)
class Survey:
    """One year's responses: the digests of the zip and of the csv inside, and where its question on frameworks stands."""

    year: int
    zip_sha256: str
    csv_sha256: str
    csv_name: str
    question: str
    wording: str
    page: str
    caveat: str = ""
    one_list: bool = False
    """The answer is one cell with a comma between options, below a single header line in Latin-1."""

    @property
    def period(self) -> Period:
        return Period.year(self.year)


_REGULARLY: Final = 'question wording: frameworks used "on a regular basis"'
SURVEYS: Final = (
    Survey(
        2017,
        "c0956f00291fc256dfe9ff855c8f648c4b2b4dfabd9c6d308e60565d8e3845a6",
        "b09267a3ce02abcc4da5d78a66611913267e2bae7ab13a46b4a57cdcbc64f464",
        "multipleChoiceResponses.csv",
        "WorkToolsSelect",
        "question wording: tools used at work",
        "https://www.kaggle.com/datasets/kaggle/kaggle-survey-2017",
        "base: everybody who named a tool, not a framework; not comparable with later years",
        one_list=True,
    ),
    Survey(
        2018,
        "845712b90f615137f75e7f25862eabba2476c53e1a13c8d8f0f650fd8e22101f",
        "a15f1a9603860f4cf51f86db7cd7fc8e97ac5485f5fdcdedbb64043518ef7cfd",
        "multipleChoiceResponses.csv",
        "Q19",
        'question wording: frameworks used "in the past 5 years"',
        "https://www.kaggle.com/datasets/kaggle/kaggle-survey-2018",
        "not comparable with later years, which ask for regular use",
    ),
    Survey(
        2019,
        "940c72db3541c60e8f70dc8a637907d9aafe5c27a67c489c190e20b8473bee84",
        "3610d06c82c99fedec41d51a5757ebde7a4581d7a4375f3ef4c0e752fb7b4cdc",
        "multiple_choice_responses.csv",
        "Q28",
        _REGULARLY,
        "https://www.kaggle.com/competitions/kaggle-survey-2019",
    ),
    Survey(
        2020,
        "3d0875fd12027927311046a8c7a69104c5f73aa780de1c6878f943d4552cfa5c",
        "448b505c8cb1e2919848c6c13e29d3c515295f4359fd6bb34954c6302abc7ce7",
        "kaggle_survey_2020_responses.csv",
        "Q16",
        _REGULARLY,
        "https://www.kaggle.com/competitions/kaggle-survey-2020",
    ),
    Survey(
        2021,
        "8f5deda7c3239d929ea7726064629f4dd471b1c76a007c42ebc3059638ffb042",
        "c6b30bc0369e05a76fdd3cb8621369c7ea616a487c11bca54d234e521772d649",
        "kaggle_survey_2021_responses.csv",
        "Q16",
        _REGULARLY,
        "https://www.kaggle.com/competitions/kaggle-survey-2021",
    ),
    Survey(
        2022,
        "a9f2b8e860ac30f15c4f367296dbdc037c6b97f509fe3042c54d6588fdedcc07",
        "7475cfa7d7b72512bf981d98dc6ff18cad6ffa8c2e650f6fa3bae7f957111084",
        "kaggle_survey_2022_responses.csv",
        "Q17",
        _REGULARLY,
        "https://www.kaggle.com/competitions/kaggle-survey-2022",
    ),
)


@dataclass(frozen=True)
class Source:
    """Reads the zips as downloaded from Kaggle, or the responses csv unpacked from them, in any mixture of years."""

    files: tuple[Path, ...]

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """The responses csv of every file; which year it is, its digest says."""
        return [_responses(_files.read(path, _LIMIT_BYTES)) for path in self.files]

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation]:
        """First everybody, then for each subject that the year offered its count and its share."""
        digest = reply.sha256
        survey = next((one for one in SURVEYS if one.csv_sha256 == digest), None)
        if survey is None:
            raise BadFigures(_unknown(reply.url, digest))
        return observations(reply, survey, subjects)


def observations(reply: Reply, survey: Survey, subjects: Sequence[Subject]) -> tuple[Observation, ...]:
    """
    The figures of a responses csv, taken on the caller's word to be this survey's.

    Raises:
        BadFigures: the question is not where the survey has it, or a cell holds what the question did not offer.
    """
    sheet = _Sheet(survey, reply.retrieved_at, reply.sha256, _answers(reply.body, survey))
    base = sheet.answers.base
    whole = sheet.observation("kaggle_survey_users", WHOLE, base, _note(survey, f"{base:,}"))
    found = [_of_subject(sheet, subject, subjects) for subject in subjects]
    return (whole, *(observation for pair in found for observation in pair))


def _responses(reply: Reply) -> Reply:
    """The responses csv in a file, checked against the known digests."""
    digest = reply.sha256
    if survey := next((one for one in SURVEYS if one.zip_sha256 == digest), None):
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            body = archive.read(survey.csv_name)
        return Reply(body, reply.url, "", reply.retrieved_at)
    if any(one.csv_sha256 == digest for one in SURVEYS):
        return reply
    if not reply.body.startswith(b"PK"):
        _files.refuse_foreign(reply.body, reply.url)
    raise BadFigures(_unknown(reply.url, digest))


def _unknown(name: str, digest: str) -> str:
    known = ", ".join(f"{one.year} {one.zip_sha256[:12]}… or csv {one.csv_sha256[:12]}…" for one in SURVEYS)
    return (
        f"{name} has sha256 {digest}, which is no Kaggle survey known here ({known}). It is another file, incomplete, or was "
        "saved again by a spreadsheet. Download the year's zip from kaggle.com and name it as it came."
    )


def _answers(body: bytes, survey: Survey) -> _options.Answers:
    encoding = "latin-1" if survey.one_list else "utf-8-sig"  # 2022 begins with a byte-order mark
    reader = csv.reader(io.StringIO(_files.text(body, survey.csv_name, encoding), newline=""))
    header = next(reader, [])
    named, offered = _one_list(reader, header, survey) if survey.one_list else _one_column_each(reader, header, survey)
    counts = Counter(chosen - {_NONE} for chosen in named)
    del counts[frozenset()]
    if not counts:
        raise BadFigures(
            f"{survey.csv_name}: nobody named anything at {survey.question}. The file is probably cut short. Download it again."
        )
    return _options.Answers(counts, offered)


def _one_list(reader: Iterator[list[str]], header: Sequence[str], survey: Survey) -> tuple[list[frozenset[str]], frozenset[str]]:
    if survey.question not in header:
        raise BadFigures(_no_question(survey))
    at = header.index(survey.question)
    cells = (row[at] if at < len(row) else "" for row in reader)
    named = [frozenset(_options.normal(option) for option in cell.split(",") if option.strip()) for cell in cells]
    return named, frozenset().union(*named)


def _one_column_each(
    reader: Iterator[list[str]], header: Sequence[str], survey: Survey
) -> tuple[list[frozenset[str]], frozenset[str]]:
    questions = next(reader, [])  # the second header line; counted as an answer it would add one user to every option
    columns = _columns(header, questions, survey)
    named = []
    for number, row in enumerate(reader, 1):
        ticked = frozenset(at for at in columns if at < len(row) and row[at].strip())
        if len(row) != len(header) or any(_options.normal(row[at]) != columns[at] for at in ticked):
            raise BadFigures(
                f"{survey.csv_name}, respondent {number}: the answer to {survey.question} is not one of its options. The file "
                "was probably edited or cut short. Download it again."
            )
        named.append(frozenset(columns[at] for at in ticked))
    return named, frozenset(columns.values())


def _columns(header: Sequence[str], questions: Sequence[str], survey: Survey) -> dict[int, str]:
    """Index of each option's column -> the option, as the second header line gives it ("... - Selected Choice -  Keras ")."""
    wanted = re.compile(rf"{survey.question}_(Part_)?([0-9]+|OTHER)")  # Q28_OTHER_TEXT holds codes, not an option
    at = [index for index, column in enumerate(header) if wanted.fullmatch(column)]
    if not at or len(questions) != len(header) or any("Selected Choice - " not in questions[index] for index in at):
        raise BadFigures(_no_question(survey))
    return {index: _options.normal(questions[index].rpartition("Selected Choice - ")[2]) for index in at}


def _no_question(survey: Survey) -> str:
    return (
        f"{survey.csv_name}, line 1: no columns of the question {survey.question} of {survey.year}. It is probably another "
        "year's file. Name the responses file as Kaggle published it."
    )


@dataclass(frozen=True)
class _Sheet:
    """One year's answers and the bytes they came from. The digest is kept: taking it anew of 41 MB for every row is slow."""

    survey: Survey
    retrieved_at: dt.datetime
    sha256: str
    answers: _options.Answers

    def observation(self, metric: str, subject: str, value: float, note: str) -> Observation:
        return Observation(
            metric=metric,
            subject=subject,
            period=self.survey.period,
            value=float(value),  # an id is made from the written value: 3 and 3.0 must not differ
            status=Status.MEASURED,
            origin=ORIGINS[0].name,
            url=self.survey.page,
            retrieved_at=self.retrieved_at,
            note=note,
            query=f"{self.survey.csv_name}:{self.survey.question}",
            payload_sha256=self.sha256,
            published_at=self.survey.period.end,  # the answers are out in the year of the survey, at the latest by its end
        )


def _of_subject(sheet: _Sheet, subject: Subject, subjects: Sequence[Subject]) -> tuple[Observation, ...]:
    members, answers = _options.parts(subject, subjects), sheet.answers
    labels = {member.name: _options.options(member, _NAME) & answers.offered for member in members}
    offered = frozenset[str]().union(*labels.values())
    if not offered:
        return ()
    missing = [name for name, options in labels.items() if not options]
    if missing and sheet.survey.one_list:  # a union that lacks Keras, widely used in 2017, would pass for the whole
        return ()
    count, base = answers.naming(offered), answers.base
    note = _note(sheet.survey, f"{count:,} of {base:,}", missing)
    return (
        sheet.observation("kaggle_survey_users", subject.key, count, note),
        sheet.observation("kaggle_survey_use", subject.key, 100 * count / base, note),
    )


def _note(survey: Survey, figure: str, missing: Sequence[str] = ()) -> str:
    who = "named a tool" if survey.one_list else "named at least one framework"
    absent = f"not an option that year: {', '.join(missing)}" if missing else ""
    parts = (f"{figure} respondents who {who}", survey.question, survey.wording, survey.caveat, absent)
    return "; ".join(part for part in parts if part)
