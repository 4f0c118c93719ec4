"""A survey's responses: what a recipe says of them, the header of their file, and the expression that counts them."""

from __future__ import annotations

import csv
import gzip
import io
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from bot.errors import BadFigures
from bot.sources import _files

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, FloatingValue, IntegerValue, StringValue, Table

_HEAD_BYTES: Final = 4 * _files.MIB
"""The longest two header lines seen, Kaggle's of 2018, have 0.1 MB."""
_Z_95: Final = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
_DIGITS: Final = 6
"""Engines differ in the last digits of a root, and a result shall be the same bytes on all of them."""
_END: Final = "\n"
"""Around every option that somebody named: no label has one once its blanks are joined."""
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_ANSWER: Final = ["", "na"]


@dataclass(frozen=True)
class Survey:
    """
    One year's responses, where their question stands, and which metrics its answers are told as.

    `question` is its column, or the common start of its columns: "Q16" of Q16_Part_1 and Q16_OTHER. `separator` parts the options
    that were named in one cell; without one, every option has a column. `header_lines` is 2 if the second line has the questions,
    which end in " - " and the option. `none` is the option that names nothing: who ticked only that is not counted among those
    who named any; empty, everybody is who answered.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a misspelt setting is refused, as those of a source are

    year: int
    file: Path
    question: str
    share: str
    users: str
    origin: str
    page: str
    separator: Literal["", ",", ";", "|"] = ""
    header_lines: Literal[1, 2] = 1
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    none: str = "None"

    @property
    def id(self) -> str:
        """What its rows go by in a result."""
        return f"{self.year} {self.question} as {self.share}"

    @property
    def options_are_known(self) -> bool:
        """Whether the header says which options there were, not only the answers."""
        return self.header_lines == 2 and not self.separator


def counts(responses: Table, survey: Survey, columns: Mapping[str, str], wanted: Sequence[tuple[str, ...]]) -> Table:
    """
    One row: `respondents`, how many of them `answered` and `named` any option, the `headers` among the rows, the `odd` ones that
    hold what was no option, and as `n0`, `n1` and so on who named any of each wanted set.
    """
    import ibis

    table = responses.select(**{column: _folded(responses[column]) for column in columns})
    cells = {column: table[column] for column in columns}
    asked = ibis.and_(*(cells[column] == folded(text) for column, text in columns.items()))
    given = _given(cells.values(), survey.separator)
    odd = _odd(cells, columns, survey)
    rows = table.select(person=~asked if survey.header_lines > 1 else ibis.literal(True), given=given, odd=odd)
    chosen = rows.given.replace(_fenced(folded(survey.none)), "").replace(_END, "") if survey.none else rows.given
    return rows.agg(
        respondents=rows.count(where=rows.person),
        answered=rows.count(where=rows.person & (rows.given != "")),
        named=rows.count(where=rows.person & (chosen != "")),
        headers=rows.count(where=~rows.person),
        odd=rows.count(where=rows.person & rows.odd),
        **{
            f"n{number}": rows.count(where=rows.person & ibis.or_(*map(rows.given.contains, map(_fenced, options))))
            for number, options in enumerate(wanted)
        },
    )


def shares(parts: Table, survey: Survey, columns: Mapping[str, str], wanted: Sequence[tuple[str, ...]]) -> Table:
    """
    A row for each wanted set of `options` and one for all: the `count` of who named any, the ends of its share's 95 % interval in
    percent of who `named` one (`low`, `high`), and how often it was `offered`.
    """
    import ibis

    sums = parts.agg(**{name: parts[name].sum() for name in parts.columns})
    known = [folded(_option(text)) for text in columns.values()]
    found = []
    for number, options in enumerate((*wanted, ())):
        count = sums[f"n{number}"] if options else sums.named
        offered = ibis.literal(sum(label in options for label in known), "int64") if survey.options_are_known else count
        told = {name: sums[name] for name in ("named", "answered", "respondents", "headers", "odd")}
        found.append(sums.select(options=ibis.literal("|".join(options)), offered=offered, count=count, **told))
    rows = ibis.union(*found)
    low, high = interval(rows["count"], rows.named)
    return rows.mutate(survey=ibis.literal(survey.id), low=low, high=high).order_by("options")


def interval(count: IntegerValue, base: IntegerValue) -> tuple[FloatingValue, FloatingValue]:
    """
    The ends of the 95 % interval of a share, in percent; null of nobody.

    Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22:209-212): (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    """
    n, z2 = base.cast("float64").nullif(0.0), _Z_95**2
    p = count.cast("float64") / n
    centre, scale = p + z2 / (2 * n), 1 + z2 / n
    half = _Z_95 * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
    low, high = (100 * ((centre + end) / scale).clip(0.0, 1.0) for end in (-half, half))
    return low.round(_DIGITS), high.round(_DIGITS)


def folded(text: str) -> str:
    """A label without needless blanks and without case: as engines fold it, which agree on letters of ASCII only."""
    return re.sub("[ \t\r\n]+", " ", text).strip(" \v\f").translate(_LOWER)


def columns_of(survey: Survey) -> dict[str, str]:
    """
    The columns of the question, with what the second header line says of each, which is nothing where there is none.

    Raises:
        BadFigures: there are none, or the file is no csv.
    """
    name = survey.file.name
    start = _start(survey.file)
    _files.refuse_foreign(start, str(survey.file))
    encoding = "latin-1" if survey.encoding == "latin-1" else "utf-8-sig"  # Kaggle's of 2022 begins with a byte-order mark
    lines = csv.reader(io.StringIO(start.decode(encoding, "replace"), newline=""))
    try:
        header, texts = next(lines, []), next(lines, [])
    except csv.Error as error:
        raise BadFigures(f"{name}, line 1: {error}. It is probably no csv. Name the responses as they were published") from error
    wanted = re.compile(re.escape(survey.question) + ("" if survey.separator else "_(Part_)?([0-9]+|OTHER)"))
    at = [index for index, column in enumerate(header) if wanted.fullmatch(column)]  # Q28_OTHER_TEXT holds codes, not an option
    if not at:
        what = "column" if survey.separator else "columns (one for each option)"
        raise BadFigures(
            f'{name}, line 1: no {what} of the question "{survey.question}" of {survey.year} among {len(header)}. It is probably '
            "another year's file, or the question has another number. Compare the recipe with the file"
        )
    if twice := next((header[index] for index in at if header.count(header[index]) > 1), None):
        raise BadFigures(
            f'{name}, line 1: the column "{twice}" is there twice, and engines read one of them. The file was probably '
            "joined or edited. Fetch it again"
        )
    if survey.header_lines > 1 and len(texts) != len(header):
        raise BadFigures(
            f"{name}, line 2: {len(texts)} fields where line 1 names {len(header)}, and the questions should stand there. Set "
            "header_lines = 1 if the answers begin there, or fetch the file again"
        )
    return {header[index]: texts[index] if survey.header_lines > 1 else "" for index in at}


def _start(path: Path) -> bytes:
    """
    The first bytes of a file, unpacked.

    Raises:
        BadFigures: it cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            return opened.read(_HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise BadFigures(
            f"{path} cannot be read: {error}. It is probably a folder, or not open to this user. Name a file, and check its "
            "permissions"
        ) from error


def _folded(cell: StringValue) -> StringValue:
    plain: StringValue = cell.fill_null("").re_replace("[ \t\r\n]+", " ").strip()
    return plain.translate(string.ascii_uppercase, string.ascii_lowercase)


def _given(cells: Iterable[StringValue], separator: str) -> StringValue:
    """All that a respondent named, each option between two ends; empty if the question was not answered."""
    import ibis

    given: StringValue = ibis.literal("")
    for cell in cells:
        named = cell
        if separator:
            for around in (f" {separator} ", f"{separator} ", f" {separator}"):
                named = named.replace(around, separator)
            named = named.replace(separator, _END + _END)
        given = given + ibis.ifelse(cell.isin(_NO_ANSWER), "", ibis.literal(_END) + named + _END)
    return given


def _odd(cells: Mapping[str, StringValue], columns: Mapping[str, str], survey: Survey) -> BooleanValue:
    """Whether a cell holds something else than its column's option."""
    import ibis

    if not survey.options_are_known:
        return ibis.literal(False)
    return ibis.or_(*(cell.notin([*_NO_ANSWER, folded(_option(columns[column]))]) for column, cell in cells.items()))


def _fenced(label: str) -> str:
    return f"{_END}{label}{_END}"


def _option(text: str) -> str:
    """The option in what a second header line says of its column: "... - Selected Choice -  Keras "."""
    _, mark, option = text.rpartition("Selected Choice - ")
    return option if mark else text.rpartition(" - ")[2]
