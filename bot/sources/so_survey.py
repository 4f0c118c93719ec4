"""
Which frameworks respondents of the Stack Overflow Developer Survey worked with.

Measures shares of the respondents who answered a question ("NA" is no answer). Whole surveys; the period of a row is the calendar
year of its survey. Two questions are read. That on frameworks and libraries had deep-learning frameworks among its options from
2018 to 2024: TensorFlow and PyTorch from 2018, Keras from 2020, JAX from 2023; in 2017 none was, and from 2025 it is gone. That
on web frameworks was asked from 2019 on (in 2018 both were one question) and is read up to 2025. Nothing settles late. No quota:
download a year once, by hand, from https://survey.stackoverflow.co/ or from https://github.com/StackExchange/Survey (Git LFS).
Terms: ODbL 1.0, contents DbCL 1.0; attribution "Stack Overflow Developer Survey, Stack Exchange Inc.".

An option that nobody chose among tens of thousands was not offered: it yields no row, never 0.
`Subject.ids["so_survey"]` holds a subject's option labels, parted by "|": "Torch/PyTorch" is one of the question on frameworks
and libraries, "web:Django" one of that on web frameworks, and "Node.js|web:Node.js" has moved from one to the other. Case and
blanks around a label do not matter. A group is the union of its members, every respondent once, and only in years that offered
all of them in the same question.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import WHOLE, Aggregation, Break, Coverage, Metric, Missing, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.errors import BadFigures, SourceUnavailable
from bot.ports import Client, Reply
from bot.sources import _files, _options

_NAME: Final = "so_survey"
_BREAKS: Final = (
    Break(dt.datetime(2019, 1, 1, tzinfo=dt.UTC), "web frameworks moved to a question of their own, so others answer this one"),
    # in 2020 half of those who answered had ticked Node.js; the tools were Ansible, Teraform, Puppet, Chef and two game engines
    Break(dt.datetime(2021, 1, 1, tzinfo=dt.UTC), "Node and tools such as Ansible moved elsewhere, so others answer this one"),
)
_WEB_BREAKS: Final = (
    Break(dt.datetime(2022, 1, 1, tzinfo=dt.UTC), "Node moved to this question, so others answer it"),
    Break(dt.datetime(2025, 1, 1, tzinfo=dt.UTC), "those who use none are now sent past it, so others answer it"),
)
_DOES_NOT_MEASURE: Final = (
    "How much or for what a framework is used. Those who do not see themselves as developers are hardly reached."
)
_KNOWN_BIASES: Final = (
    "Respondents choose themselves and are reached through Stack Overflow. Options come and go between years; "
    "an option that was not offered is absent here, not zero. The share is of those who answered the question."
)
_FIRST_ASKED: Final = {"TensorFlow": 2018, "Torch/PyTorch": 2018, "Keras": 2020, "JAX": 2023}
"""The first survey that offered an option, by the headers, samples and schema files of the years."""
_WEB_FIRST_ASKED: Final = {"web:Django": 2019, "web:Flask": 2019, "web:FastAPI": 2021}
"""Django and Flask by the sample of 2019; published lists of 2020 are without FastAPI, those of 2021 have it."""
METRICS: Final = (
    Metric(
        key="so_survey_users",
        title="Stack Overflow survey respondents who worked with a framework",
        unit=Unit.COUNT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        beyond=1e6,
        measures="Respondents who ticked the framework among those they had worked with in the year; for all, who answered.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="SO respondents",
        breaks=_BREAKS,
        asked_by="so_survey",
        first_asked=_FIRST_ASKED,
    ),
    Metric(
        key="so_survey_use",
        title="Share of Stack Overflow survey respondents who worked with a framework",
        unit=Unit.PERCENT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        measures="The share of respondents to the question on frameworks and libraries that ticked this one as worked with.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="Stack Overflow",
        base="so_survey_users",
        breaks=_BREAKS,
        asked_by="so_survey",
        first_asked=_FIRST_ASKED,
    ),
    Metric(
        key="so_survey_web_users",
        title="Stack Overflow survey respondents who worked with a web framework",
        unit=Unit.COUNT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        beyond=1e6,
        measures="Respondents who ticked the web framework among those they had worked with in the year; for all, who answered.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="SO web respondents",
        breaks=_WEB_BREAKS,
        asked_by="so_survey",
        first_asked=_WEB_FIRST_ASKED,
    ),
    Metric(
        key="so_survey_web_use",
        title="Share of Stack Overflow survey respondents who worked with a web framework",
        unit=Unit.PERCENT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
        measures="The share of respondents to the question on web frameworks that ticked this one as worked with in the year.",
        does_not_measure=_DOES_NOT_MEASURE,
        known_biases=_KNOWN_BIASES,
        short="SO web frameworks",
        base="so_survey_web_users",
        breaks=_WEB_BREAKS,
        asked_by="so_survey",
        first_asked=_WEB_FIRST_ASKED,
    ),
)
ORIGINS: Final = (
    Origin(
        name="Stack Overflow survey",
        homepage="https://survey.stackoverflow.co/",
        terms="ODbL 1.0, contents DbCL 1.0",
        citation="Stack Overflow Developer Survey, Stack Exchange Inc.",
        licence="ODbL 1.0, contents DbCL 1.0",
    ),
)
COVERAGE: Final = Coverage(
    day_boundary="the calendar year of each survey",
    depth="frameworks and libraries 2018 to 2024, web frameworks 2019 to 2025",
    lag="none: published answers do not change",
    quota="none: each year is downloaded once, by hand",
)


@dataclass(frozen=True)
class Official:
    """Digest and size of a year's results file, as in the pointers of StackExchange/Survey at 2d76d569 (read 2026-11-22)."""

    sha256: str
    size_bytes: int


OFFICIAL: Final[Mapping[int, Official]] = {
    2018: Official("f4d8371b44a3154a79632b929a19e4eca6288eb481a099992df5baba252c3bde", 195_595_827),
    2019: Official("4b2e6f54b54fb1a28ace74aaa8a51892221023572ddc52b4e2b41627fb233740", 196_592_730),
    2020: Official("a1206c0d33c8fc717eccbbad0cb3b06e2942893eaa408b00492dbbaed937a500", 94_603_888),
    2021: Official("1ba4560d4cf84756ad7d0f88f796a1cf5c0abded14e7637fa4e7db3bcd3b5126", 81_101_949),
    2022: Official("adcbfc17e2a91bb8fe5e09665c55e20df3b5b7c69f2cdbad1f6c3771e220f034", 108_829_270),
    2023: Official("828874a3cf0fa1bbb4c3da6a87e5822b8563bbc04b21f9869479480dbcff410c", 158_626_799),
    2024: Official("7f2c2dbf6989d00b80a7351de4bb3af4b52b21cc52d5c947891bbc4f4e5cbe49", 159_525_875),
    2025: Official("2d1f65308877282edfb4470520eabbc08cb499118432a3dcec6a66c086aa2baa", 140_893_245),
}


@dataclass(frozen=True)
class _Question:
    """
    A "select all that apply" question: the metrics it answers, its column in each year that asked it, and how its labels begin.

    `before` and `after` say why other years have no figures.
    """

    name: str
    users: str
    use: str
    columns: Mapping[int, str]
    before: str
    after: str
    mark: str = ""

    @property
    def years(self) -> str:
        return f"from {min(self.columns)} to {max(self.columns)}"

    def absence(self, year: int) -> str:
        """Why a year without a column has no figures."""
        return self.before if year < min(self.columns) else self.after

    def labels(self, subject: Subject) -> frozenset[str]:
        """The options of this question that stand for a subject, as `_options.normal` writes them."""
        marked = _options.options(subject, _NAME)
        ours = (label for label in marked if label.startswith(self.mark) and (self.mark or not label.startswith(_WEB_MARK)))
        return frozenset(_options.normal(label.removeprefix(self.mark)) for label in ours)


_WEB_MARK: Final = "web:"
_QUESTIONS: Final = (
    _Question(
        name="frameworks and libraries",
        users="so_survey_users",
        use="so_survey_use",
        columns={
            2018: "FrameworkWorkedWith",
            2019: "MiscTechWorkedWith",
            2020: "MiscTechWorkedWith",
            **dict.fromkeys(range(2021, 2025), "MiscTechHaveWorkedWith"),
        },
        before="its list of frameworks had no deep-learning framework among the options",
        after="the question on frameworks and libraries was no longer asked",
    ),
    _Question(
        name="web frameworks",
        users="so_survey_web_users",
        use="so_survey_web_use",
        columns={
            2019: "WebFrameWorkedWith",
            2020: "WebframeWorkedWith",
            **dict.fromkeys(range(2021, 2026), "WebframeHaveWorkedWith"),
        },
        before="web frameworks had no question of their own",
        after="its results are not known here",
        mark=_WEB_MARK,
    ),
)
_LIMIT_BYTES: Final = 256 * _files.MIB
"""The largest results file, 2019, has 197 MB."""
_INSIDE: Final = "survey_results_public.csv"


@dataclass(frozen=True)
class Source:
    """
    Reads the results files of the years that were downloaded into a folder.

    A year may lie there as `2020.csv`, `2020/results.csv`, `2020/survey_results_public.csv` or
    `stack-overflow-developer-survey-2020.zip`; the first that exists is read.
    """

    folder: Path

    def fetch(self, client: Client, subjects: Sequence[Subject], period: Period) -> Iterable[Reply]:
        """
        The results of the period's year, then those of the year before if they lie there; `query` names the year.

        Raises:
            SourceUnavailable: the file is not there, or the survey did not ask that year.
            BadFigures: a Git LFS pointer, or a file other than Stack Overflow's own.
        """
        wanted, year = _wanted(subjects), period.start.year
        if wanted:
            _refuse_unasked(year, wanted)
            yield _results(self._file(year), year)
            before = period.year_before().start.year
            if self._place(before) and any(before in question.columns for question in wanted):
                yield _results(self._file(before), before)

    def parse(self, reply: Reply, subjects: Sequence[Subject], period: Period) -> Sequence[Observation | Missing]:
        """
        For each question that subjects are options of: first everybody, then each subject's count and share, or why not.

        Takes the year from `reply.query` and the bytes as they are: whether they are official is checked where they are read.
        """
        year, digest = int(reply.query), reply.sha256
        told: list[Observation | Missing] = []
        for question in _wanted(subjects):
            if column := question.columns.get(year):
                sheet = _Sheet(question, year, reply.retrieved_at, digest, _answers(reply, column))
                told += _of_question(sheet, subjects)
            else:
                told += _not_asked(question, year, subjects)
        return told

    def _file(self, year: int) -> Path:
        if found := self._place(year):
            return found
        raise SourceUnavailable(
            f"the folder {self.folder.name} has no Stack Overflow survey of {year}; its files are too large to come along. "
            f"Download {year} from https://survey.stackoverflow.co/ and put the zip there as "
            f"stack-overflow-developer-survey-{year}.zip, or the results file as {year}.csv (threadmill check REPORT says where "
            "the folder is)"
        )

    def _place(self, year: int) -> Path | None:
        places = (
            self.folder / f"{year}.csv",
            self.folder / str(year) / "results.csv",
            self.folder / str(year) / _INSIDE,
            self.folder / f"stack-overflow-developer-survey-{year}.zip",
        )
        return next((path for path in places if path.exists()), None)


def _wanted(subjects: Sequence[Subject]) -> list[_Question]:
    """The questions that subjects are options of."""
    return [question for question in _QUESTIONS if any(map(question.labels, subjects))]


def _refuse_unasked(year: int, wanted: Sequence[_Question]) -> None:
    if any(year in question.columns for question in wanted):
        return
    reasons = "; ".join(question.absence(year) for question in wanted)
    known = ", ".join(f"the one on {question.name} {question.years}" for question in wanted)
    raise SourceUnavailable(
        f"the Stack Overflow survey of {year} has no figures: {reasons}. Of its questions, {known} only can be read. Choose one "
        "of those years, or take this source out of the report."
    )


def _results(path: Path, year: int) -> Reply:
    reply = _files.read(path, _LIMIT_BYTES)
    body = _unpacked(reply.body, path, year) if path.suffix == ".zip" else reply.body
    reply = Reply(body, reply.url, str(year), reply.retrieved_at)
    _refuse_unofficial(reply, year)
    return reply


def _unpacked(body: bytes, path: Path, year: int) -> bytes:
    if body.startswith(_files.LFS_POINTER):
        _files.refuse_foreign(body, str(path))
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            inside = next(one for one in archive.infolist() if Path(one.filename).name == _INSIDE)
            _files.refuse_size(f"{path}: {inside.filename}", inside.file_size, OFFICIAL[year].size_bytes)
            return archive.read(inside)
    except (zipfile.BadZipFile, zlib.error, StopIteration, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise BadFigures(
            f"{path} is not a zip with {_INSIDE} in it ({str(error) or 'no such file inside'}). The download probably broke off. "
            "Download it again."
        ) from error


def _refuse_unofficial(reply: Reply, year: int) -> None:
    expected, found = OFFICIAL[year], reply.sha256
    if found == expected.sha256:
        return
    _files.refuse_foreign(reply.body, reply.url)
    if other := next((known for known, official in OFFICIAL.items() if official.sha256 == found), None):
        raise BadFigures(
            f"{reply.url} is Stack Overflow's own file of {other}, under a name that says {year}. Name it {other}.csv, and "
            f"download {year} if that is wanted."
        )
    raise BadFigures(
        f"{reply.url} has sha256 {found} and {len(reply.body):,} bytes; Stack Overflow's own file of {year} has sha256 "
        f"{expected.sha256} and {expected.size_bytes:,} bytes. The download broke off, or the file was saved again by a "
        "spreadsheet or is another year's. Download it again and do not open it before."
    )


def _answers(reply: Reply, column: str) -> _options.Answers:
    named = list(_named(reply, column))
    if not named:
        raise BadFigures(
            f'{reply.url}: nobody answered the column "{column}". The file is probably cut short. Download it again.'
        )
    return _options.Answers(Counter(named), frozenset[str]().union(*named))


def _named(reply: Reply, column: str) -> Iterator[frozenset[str]]:
    """What each respondent who answered has worked with."""
    _files.refuse_foreign(reply.body, reply.url)
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(reply.body), "utf-8-sig", newline=""))
    number = 0
    try:
        header = next(reader)
        at = _index(header, column, reply)
        for number, row in enumerate(reader, 1):
            if len(row) != len(header):
                raise BadFigures(_broken(reply, number, f"{len(row)} fields where the header names {len(header)}"))
            if row[at].strip() not in ("", "NA"):
                yield frozenset(_options.normal(option) for option in row[at].split(";") if option.strip())
    except (csv.Error, UnicodeDecodeError) as error:  # the csv module refuses fields over 128 KiB: no answer is that long
        raise BadFigures(_broken(reply, number + 1, str(error))) from error


def _index(header: Sequence[str], column: str, reply: Reply) -> int:
    if column not in header:
        raise BadFigures(
            f'{reply.url}, line 1: the column "{column}" of {reply.query} is missing among {len(header)}. It is probably another '
            "year's file, or the schema. Name the results file."
        )
    return header.index(column)


def _broken(reply: Reply, number: int, reason: str) -> str:
    return (
        f"{reply.url}, respondent {number}: {reason}. The download probably broke off there, or a spreadsheet saved the file "
        "again. Download it again."
    )


@dataclass(frozen=True)
class _Sheet:
    """One question's answers and the bytes they came from. The digest is kept: taking it anew of 190 MB for every row is slow."""

    question: _Question
    year: int
    retrieved_at: dt.datetime
    sha256: str
    answers: _options.Answers

    @property
    def column(self) -> str:
        return self.question.columns[self.year]

    def observation(self, metric: str, subject: str, value: float, figure: str) -> Observation:
        return Observation(
            metric=metric,
            subject=subject,
            period=Period.year(self.year),
            value=float(value),  # an id is made from the written value: 3 and 3.0 must not differ
            status=Status.MEASURED,
            origin=ORIGINS[0].name,
            url=f"https://github.com/StackExchange/Survey/tree/main/packages/archive/{self.year}",
            retrieved_at=self.retrieved_at,
            note=f"{figure} respondents who answered; {self.column}",
            query=f"{self.year}:{self.column}",
            payload_sha256=self.sha256,
            published_at=Period.year(self.year).end,  # the results are out some weeks after the survey, at the latest by then
        )


def _of_question(sheet: _Sheet, subjects: Sequence[Subject]) -> Iterator[Observation | Missing]:
    base = sheet.answers.base
    yield sheet.observation(sheet.question.users, WHOLE, base, f"{base:,}")
    for subject in subjects:
        yield from _of_subject(sheet, subject, subjects)


def _of_subject(sheet: _Sheet, subject: Subject, subjects: Sequence[Subject]) -> Iterator[Observation | Missing]:
    question, base = sheet.question, sheet.answers.base
    labels = [question.labels(member) for member in _options.parts(subject, subjects)]
    if not all(labels):
        return
    offered = [options & sheet.answers.offered for options in labels]
    if not all(offered):  # TensorFlow alone, in 2019, is not "TensorFlow or Keras"
        yield from _missing(question, sheet.year, subject, f"{_unoffered(labels, offered)} in {sheet.column} of {sheet.year}")
        return
    count = sheet.answers.naming(frozenset[str]().union(*offered))
    figure = f"{count:,} of {base:,}"
    yield sheet.observation(question.users, subject.key, count, figure)
    yield sheet.observation(question.use, subject.key, 100 * count / base, figure)


def _unoffered(labels: Sequence[frozenset[str]], offered: Sequence[frozenset[str]]) -> str:
    absent = [" or ".join(sorted(options)) for options, found in zip(labels, offered, strict=True) if not found]
    return f"nobody named {', nor '.join(absent)}, which was no option"


def _not_asked(question: _Question, year: int, subjects: Sequence[Subject]) -> Iterator[Missing]:
    for subject in subjects:
        if all(question.labels(member) for member in _options.parts(subject, subjects)):
            yield from _missing(question, year, subject, f"in {year} {question.absence(year)}")


def _missing(question: _Question, year: int, subject: Subject, reason: str) -> Iterator[Missing]:
    for metric in (question.users, question.use):
        yield Missing(metric, subject.key, Period.year(year), f"Stack Overflow survey: {reason}")
