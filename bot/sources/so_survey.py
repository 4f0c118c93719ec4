"""
Which frameworks respondents of the Stack Overflow Developer Survey worked with.

Measures shares of the respondents who answered the question on frameworks and libraries ("NA" is no answer). Whole surveys;
the period of a row is the calendar year of its survey. Deep-learning frameworks were among the options from 2018 to 2024:
TensorFlow and PyTorch from 2018, Keras from 2020, JAX from 2023. In 2017 none was, and from 2025 the question is gone.
Nothing settles late. No quota: download a year once, by hand, from https://survey.stackoverflow.co/ or from
https://github.com/StackExchange/Survey (Git LFS). Terms: ODbL 1.0, contents DbCL 1.0; attribution "Stack Overflow Developer
Survey, Stack Exchange Inc.".

An option that nobody chose among tens of thousands was not offered: it yields no row, never 0.
`Subject.ids["so_survey"]` holds a subject's option label ("Torch/PyTorch"), spellings parted by "|". A group is the union of
its members, every respondent once, and only in years that offered all of them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.measure import WHOLE, Aggregation, Break, Metric, Observation, Origin, Status, Subject, Unit
from bot.domain.period import Period
from bot.errors import BadFigures, SourceUnavailable
from bot.ports import Reply
from bot.sources import _files, _options

_NAME: Final = "so_survey"
_BREAKS: Final = (
    Break(dt.datetime(2019, 1, 1, tzinfo=dt.UTC), "web frameworks moved to a question of their own, so others answer this one"),
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
METRICS: Final = (
    Metric(
        key="so_survey_users",
        title="Stack Overflow survey respondents who worked with a framework",
        unit=Unit.COUNT,
        noun="respondents",
        aggregation=Aggregation.EVENT,
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
)
ORIGINS: Final = (
    Origin(
        name="Stack Overflow survey",
        homepage="https://survey.stackoverflow.co/",
        terms="ODbL 1.0, contents DbCL 1.0",
        citation="Stack Overflow Developer Survey, Stack Exchange Inc.",
    ),
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
}
_COLUMNS: Final[Mapping[int, str]] = {
    2018: "FrameworkWorkedWith",
    2019: "MiscTechWorkedWith",
    2020: "MiscTechWorkedWith",
    **dict.fromkeys(range(2021, 2025), "MiscTechHaveWorkedWith"),
}
_NOT_ASKED: Final[Mapping[int, str]] = {
    2017: "its list of frameworks had no deep-learning framework among the options",
    2025: "the question on frameworks and libraries was no longer asked",
    2026: "the question on frameworks and libraries was no longer asked",
}
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

    def fetch(self, subjects: Sequence[Subject], period: Period) -> Sequence[Reply]:
        """
        The results of the period's year; `query` names the year.

        Raises:
            SourceUnavailable: the file is not there, or the survey did not ask that year.
            BadFigures: a Git LFS pointer, or a file other than Stack Overflow's own.
        """
        year = period.start.year
        _refuse_unasked(year)
        reply = _results(self._file(year), year)
        _refuse_unofficial(reply, year)
        return [reply]

    def parse(self, reply: Reply, subjects: Sequence[Subject]) -> Sequence[Observation]:
        """
        First everybody, then for each subject that the year offered its count and its share.

        Takes the year from `reply.query` and the bytes as they are: whether they are official is checked where they are read.
        """
        year = int(reply.query)
        if year not in _COLUMNS:
            return ()
        sheet = _Sheet(year, reply.retrieved_at, reply.sha256, _answers(reply, _COLUMNS[year]))
        base = sheet.answers.base
        whole = sheet.observation("so_survey_users", WHOLE, base, f"{base:,}")
        found = [_of_subject(sheet, subject, subjects) for subject in subjects]
        return (whole, *(observation for pair in found for observation in pair))

    def _file(self, year: int) -> Path:
        places = (
            self.folder / f"{year}.csv",
            self.folder / str(year) / "results.csv",
            self.folder / str(year) / _INSIDE,
            self.folder / f"stack-overflow-developer-survey-{year}.zip",
        )
        if found := next((path for path in places if path.exists()), None):
            return found
        raise SourceUnavailable(
            f"the folder {self.folder.name} has no Stack Overflow survey of {year}; its files are too large to come along. "
            f"Download {year} from https://survey.stackoverflow.co/ and put the zip there as {places[-1].name}, or the "
            f"results file as {places[0].name} (threadmill check REPORT says where the folder is)"
        )


def _refuse_unasked(year: int) -> None:
    if year not in _COLUMNS:
        reason = _NOT_ASKED.get(year, "no survey of that year is known to have asked about deep-learning frameworks")
        raise SourceUnavailable(
            f"the Stack Overflow survey of {year} has no figures: {reason}. Deep-learning frameworks were options from 2018 "
            "to 2024 only. Choose one of those years, or take this source out of the report."
        )


def _results(path: Path, year: int) -> Reply:
    reply = _files.read(path, _LIMIT_BYTES)
    body = _unpacked(reply.body, path, year) if path.suffix == ".zip" else reply.body
    return Reply(body, reply.url, str(year), reply.retrieved_at)


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
    """One year's answers and the bytes they came from. The digest is kept: taking it anew of 190 MB for every row is slow."""

    year: int
    retrieved_at: dt.datetime
    sha256: str
    answers: _options.Answers

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
            note=f"{figure} respondents who answered; {_COLUMNS[self.year]}",
            query=f"{self.year}:{_COLUMNS[self.year]}",
            payload_sha256=self.sha256,
        )


def _of_subject(sheet: _Sheet, subject: Subject, subjects: Sequence[Subject]) -> tuple[Observation, ...]:
    members = [_options.options(member, _NAME) & sheet.answers.offered for member in _options.parts(subject, subjects)]
    if not all(members):  # TensorFlow alone, in 2019, is not "TensorFlow or Keras"
        return ()
    count, base = sheet.answers.naming(frozenset[str]().union(*members)), sheet.answers.base
    figure = f"{count:,} of {base:,}"
    return (
        sheet.observation("so_survey_users", subject.key, count, figure),
        sheet.observation("so_survey_use", subject.key, 100 * count / base, figure),
    )
