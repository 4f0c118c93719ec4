"""
ClickHouse's SQL of an expression, with the answers of DuckDB.

That of Ibis 12 guesses (counts of different values, quantiles), counts bytes for characters, folds the case of ASCII alone, lets
a dot match the end of a line, ranks ties apart, and takes 0 for the value before the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import ibis
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.clickhouse import ClickHouseCompiler
from ibis.backends.sql.datatypes import ClickHouseType
from ibis.expr import operations as ops

_LINES: Final = "(?-s)"
"""In front of a pattern: a dot does not match the end of a line. In ClickHouse it does."""
_MICROSECONDS: Final = 6
_CODE: Final = re.compile(r"Code: (\d{1,4})\b")


class _Types(ClickHouseType):  # type: ignore[misc]
    """Instants have microseconds, and days more years than from 1970 to 2149, where ClickHouse's usual ones wrap around."""

    @classmethod
    def _from_ibis_Date(cls, _: Any) -> Any:
        return sge.DataType(this=sge.DataType.Type.DATE32)

    @classmethod
    def _from_ibis_Timestamp(cls, dtype: Any) -> Any:
        return super()._from_ibis_Timestamp(dtype if dtype.scale is not None else dtype.copy(scale=_MICROSECONDS))


class _Compiler(ClickHouseCompiler):  # type: ignore[misc]
    type_mapper = _Types
    SIMPLE_OPS: Final = {
        ops.CountDistinct: "uniqExact",
        ops.Date: "toDate32",
        ops.Lowercase: "lowerUTF8",
        ops.Uppercase: "upperUTF8",
        ops.StringLength: "lengthUTF8",
        ops.StrRight: "rightUTF8",
        ops.Reverse: "reverseUTF8",
    }

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        if not op.arg.dtype.is_string() or not (to.is_numeric() or to.is_temporal()):
            return super().visit_Cast(op, arg=arg, to=to)
        told = super().visit_Cast(op, arg=self.f.assumeNotNull(arg), to=to.copy(nullable=False))
        return self.if_(self.f.isNull(arg), NULL, told)  # as a type that may be NULL, what is no number would be told as NULL

    def visit_FloorDivide(self, op: Any, *, left: Any, right: Any) -> Any:
        return self.f.accurateCastOrNull(self.f.floor(self.f.divide(left, right)), self.type_mapper.to_string(op.dtype))

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        return self._visit_quantile("quantileExactInclusive", arg, quantile, where)

    def visit_Substring(self, op: Any, *, arg: Any, start: Any, length: Any) -> Any:
        start = self.if_(start >= 0, start + 1, start + 1 + self.f.lengthUTF8(arg))
        return self.f.substringUTF8(arg, start) if length is None else self.f.substringUTF8(arg, start, length)

    def visit_StringFind(self, op: Any, *, arg: Any, substr: Any, start: Any, end: Any) -> Any:
        return self.f.positionUTF8(arg, substr, *([] if start is None else [start + 1]))

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        return super().visit_RegexSearch(op, arg=arg, pattern=self._of_lines(pattern))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:
        groups = self.f.extractGroups(self.f.ifNull(arg, ""), self.f.concat("(", self._of_lines(pattern), ")"))
        return self.if_(self.f.isNull(arg), NULL, self.f.arrayElement(groups, 1 if index is None else index + 1))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        return self.f.replaceRegexpAll(arg, self._of_lines(pattern), replacement)

    def visit_RegexSplit(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        return super().visit_RegexSplit(op, arg=arg, pattern=self._of_lines(pattern))

    def visit_Strftime(self, op: Any, *, arg: Any, format_str: Any) -> Any:
        return self.f.formatDateTime(arg, self.f.replaceAll(format_str, "%M", "%i"))  # its %M is the name of a month

    def visit_LagLead(self, op: Any, *, arg: Any, offset: Any, default: Any) -> Any:
        return super().visit_LagLead(op, arg=self.f.toNullable(arg), offset=offset, default=default)

    visit_Lag = visit_Lead = visit_LagLead

    @staticmethod
    def _minimize_spec(op: Any, spec: Any) -> Any:
        return None if isinstance(op.func, ops.RankBase | ops.NTile) else spec

    def _of_lines(self, pattern: Any) -> Any:
        return sge.convert(_LINES + pattern.this) if isinstance(pattern, sge.Literal) else self.f.concat(_LINES, pattern)


_COMPILER: Final = _Compiler()


def compiled(expression: Any) -> Any:
    """A query, as sqlglot has it."""
    return _COMPILER.to_sqlglot(expression)


def text(query: Any) -> str:
    """A query in ClickHouse's words."""
    return str(query.sql(dialect=_COMPILER.dialect))


def may_lack_rows(query: Any) -> bool:
    """Whether a query joins rows with what may not be there."""
    joins: Iterator[Any] = query.find_all(sge.Join)
    return any(join.side in {"LEFT", "RIGHT", "FULL"} for join in joins)


def type_in_words(kind: str) -> str:
    """A type as Ibis writes it, as ClickHouse does."""
    return str(_Types.to_string(ibis.dtype(kind)))


def table(name: str, database: str | None, columns: list[tuple[str, str]]) -> Any:
    """A table, by its columns with types as ClickHouse writes them."""
    schema = {column: _Types.from_string(kind) for column, kind in columns}
    return ibis.table(schema, name=name, database=database)


def quoted(text: str) -> str:
    """A text in a query."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """A name in a query."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def code(error: Exception) -> str | None:
    """ClickHouse's number of an error, None if it is of something else."""
    found = _CODE.search(str(error))
    return found[1] if found else None
