"""
Which modules a Python file or a notebook imports, as an Ibis expression over its text that is the same on every engine.

Code only: what a notebook says in markdown or outputs, and what a program says in comments and texts, imports nothing. JSON is
not parsed, so that a file which is broken off is read as far as it goes; its marks are found by their quotes, which cannot stand
inside a JSON text. Patterns are RE2's, and have few turns of loops over groups, for with each Java's matcher goes deeper. None
stands in a lambda: DuckDB reads each file as a chunk of one row, and compiles what is in lambdas anew for every chunk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bot.errors import BadInput

if TYPE_CHECKING:
    from ibis.expr.types import ArrayValue, BooleanValue, StringValue, Table

_CELLS, _TYPE, _SOURCE, _OUTPUTS = '"cells"', '"cell_type"', '"source"', '"outputs"'
_CODE: Final = '"code"'
_POINTER: Final = "version https://git-lfs"
_HEAD: Final = 12
"""What says of a type that it is code stands within so many characters after its name: `: "code",`."""
_CELL, _EDGE, _SLASH, _QUOTE, _JOINED, _SEAM = "\ue000\ue001\ue002\ue003\ue004\ue005"
"""
Stand for the end of a cell, JSON's own quotes, a program's backslash and quote, a backslash that ends a line, a seam.

No program means them.
"""
_GAP: Final = r"[ \t\r\n]*"
_ESCAPED: Final = (('\\"', _QUOTE), ("\\u0022", _QUOTE), ('"', _EDGE), ("\\u0027", "'"), ("\\t", " "))
"""JSON's way to write what matters here."""
_LINE_END: Final = r"\\(?:r\\n|[nr])"
_BEGIN: Final = rf"(?:^|{_CELL})(?:[ \t\r\n:\[]*{_EDGE})?"
"""Blanks are taken only before an edge: else Java tries each share of them between this and what follows."""
_FOREIGN: Final = (
    "bash", "sh", "script", "cmd", "system", "html", "HTML", "svg", "SVG", "latex", "markdown", "javascript", "js", "perl",
    "ruby", "R", "sql", "bigquery", "writefile", "file",
)  # fmt: skip
"""Magics that give a whole cell to something else than this Python."""
_TEXTS: Final = (
    f"{_QUOTE * 3}[^{_EDGE}]*?{_QUOTE * 3}",
    f"'''[^{_EDGE}]*?'''",
    rf"{_QUOTE}[^\n{_QUOTE}{_EDGE}]*{_QUOTE}",
    rf"'[^\n'{_EDGE}]*'",
    rf"#[^\n{_JOINED}{_EDGE}]*",
)
_BLANK: Final = r"[ \t\f]"
_START: Final = rf"(?:{_BEGIN}|[\n;:])[ \t\f\x{{FEFF}}]*(?:%%?time(?:it)?{_BLANK}+)?"
_MOST: Final = 30
"""Names in one statement that are looked past; a limit, for Java's stack has one."""
_NAMES: Final = rf"(?:{_BLANK}*[^ \t\f\n,;{_EDGE}][^\n,;{_EDGE}]*,){{0,{_MOST}}}{_BLANK}*"
_LINES: Final = rf"(?:\s*[^\s,(){_EDGE}][^,(){_EDGE}]*,){{0,{_MOST}}}\s*"
_END: Final = rf"(?:[\s.,;){_EDGE}]|$)"
_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


def modules(text: str, subject: str) -> tuple[str, ...]:
    """
    Names of modules, parted by "|".

    Raises:
        BadInput: one that is none; it would be read as part of a pattern.
    """
    found = tuple(dict.fromkeys(name.strip() for name in text.split("|")))
    for name in found:
        if not _MODULE.fullmatch(name):
            raise BadInput(
                f'"{name}" ({subject}) is no name of a Python module: it has letters, digits and underscores, and dots between '
                'its parts, as in "keras|tensorflow.keras". Correct the id in the recipe'
            )
    return found


def read(files: Table, roots: Sequence[str]) -> Table:
    """
    The `path` of files with their `code`: lines of those cells that mention one of the roots, without comments and texts.

    A script is one cell. `readable` are those that have text, and are notebooks if they are named so. Needs `path`, `content`. In
    steps, for an engine may compute anew what is named twice in one.
    """
    import ibis

    sources = _sources(files.mutate(pieces=files.content.split(_TYPE), is_script=files.path.endswith(".py")))
    cells = sources.cells.filter(lambda cell: ibis.or_(*(cell.contains(root) for root in roots)))
    escaped = sources.content.replace("\\", "\\\\").replace('"', '\\"')  # as JSON would have it
    script = ibis.ifelse(sources.is_script, escaped, "")
    is_notebook = (sources.pieces.length() > 1) | sources.before.contains(_CELLS)
    is_text = ibis.ifelse(sources.is_script, sources.content.re_search(r"\S"), is_notebook)
    return sources.select(
        "path",
        code=_without_texts(_unescaped(cells.join(_CELL).fill_null("") + script)),
        readable=is_text & ~sources.content.re_search(r"\x00") & ~sources.content.startswith(_POINTER),
    )


def imported(code: StringValue, module: str) -> BooleanValue:
    """Whether lines, as `read` gives them, import a module by a statement."""
    return code.re_search(pattern(module))


def pattern(module: str) -> str:
    """Finds a statement that imports a module, or a part of it."""
    above, _, last = module.rpartition(".")
    dot = rf"{_BLANK}*[.]{_BLANK}*"
    dotted = dot.join(module.split("."))
    found = [
        rf"import{_BLANK}{_NAMES}{dotted}{_END}",
        rf"from{_BLANK}+{dotted}(?:{_BLANK}*[.][^\n;{_EDGE}]*)?{_BLANK}+import[ \t\f(*]",
    ]
    if above:
        listed = rf"(?:{_BLANK}{_NAMES}|{_BLANK}*[(]{_LINES}){last}{_END}"
        found.append(rf"from{_BLANK}+{dot.join(above.split('.'))}{_BLANK}+import{listed}")
    return f"{_START}(?:{'|'.join(found)})"


def _sources(notebooks: Table) -> Table:
    """With the sources of code `cells`, as JSON has them."""
    import ibis

    parted = notebooks.mutate(before=notebooks.pieces[0], codes=notebooks.pieces.filter(_is_code).join(_SEAM).fill_null(""))
    before, codes = parted.before, parted.codes
    named = ibis.ifelse(before.contains('"worksheets"'), codes.replace('"input"', _SOURCE), codes)  # nbformat 3
    # a source is followed by the cell's outputs, or is the last of it
    cells = named.split(_SOURCE).map(lambda part: part.split(_OUTPUTS)[0].split(_SEAM)[0])
    source_first = (before + _CELLS).split(_CELLS)[1].contains(_SOURCE)
    return parted.mutate(cells=ibis.ifelse(source_first, _of_source_first(parted.content), cells))


def _is_code(piece: StringValue) -> BooleanValue:
    return piece.substr(0, _HEAD).contains(_CODE)


def _of_source_first(content: StringValue) -> ArrayValue:
    """The same of a notebook whose first source stands before its type. Each cell has one of both: two marks are one cell's."""
    import ibis

    marks = content.replace(_SOURCE, _TYPE + _SLASH).split(_TYPE)
    cells = marks.map(lambda mark, at: mark + ibis.ifelse(at % 2 == 0, _CELL, _SEAM)).join("").split(_CELL)
    codes = cells.filter(lambda cell: _is_code(cell) | _is_code((cell + _SEAM).split(_SEAM)[1]))
    return codes.map(lambda cell: (cell + _SLASH).split(_SLASH)[1].split(_SEAM)[0].split(_OUTPUTS)[0])


def _unescaped(cells: StringValue) -> StringValue:
    """The lines of JSON texts, or of lists of them, but for cells that are no Python."""
    lines = cells.replace("\\\\", _SLASH).re_replace(rf'{_LINE_END}"{_GAP},{_GAP}"', "\n")
    for written, meant in _ESCAPED:
        lines = lines.replace(written, meant)
    lines = lines.re_replace(_LINE_END, "\n")
    return lines.re_replace(rf"{_BEGIN}%%(?:{'|'.join(_FOREIGN)})\b[^{_CELL}]*", "")


def _without_texts(lines: StringValue) -> StringValue:
    """What is left when comments and texts are taken out, each leaving a line end."""
    joined = lines.re_replace(r"\r\n?", "\n").re_replace(rf"{_SLASH}[{_SLASH}{_QUOTE}']", "_").replace(f"{_SLASH}\n", _JOINED)
    return joined.re_replace("|".join(_TEXTS), "\n").replace(_JOINED, " ")
