"""Downloads as rows: drawn at random, a word of the stream each, and put into the columns of BigQuery's schema."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from bot.synthetic import _clients
from bot.synthetic._draws import SLOTS, slots, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DAY_S: Final = 86_400
_HOUR: Final = (36, 34, 33, 33, 35, 39, 44, 50, 55, 57, 57, 56, 56, 59, 62, 62, 60, 57, 53, 50, 47, 44, 41, 38)
_BITS: Final = 11, 17, 8
"""Of a client, a second of the day, and a country with its TLS, in the one number that a block is sorted by."""


@dataclass(frozen=True)
class Rows:
    """Which file, client, second of the day, and country with TLS each row has, as indexes."""

    files: NDArray[np.int64]
    clients: NDArray[np.int64]
    seconds: NDArray[np.int64]
    places: NDArray[np.int64]


@lru_cache(maxsize=2)  # days of a month share them, and take less time to write than these to make
def tables(packages: int, month: int, thin: bool) -> Tables:
    """What rows of a month are drawn from."""
    return Tables(packages, month, thin)


class Tables:
    """What rows of one month are drawn from, and how they stand in a table."""

    def __init__(self, packages: int, month: int, thin: bool) -> None:
        import numpy as np

        files, clients = _clients.files(packages), _clients.clients()
        self._names, self._clients, self._thin = _clients.packages(packages), clients, thin
        wanted = [_clients.weight(file.package, self._names[file.package], month) * file.weight for file in files]
        self._wanted, self._alike = slots(wanted), slots([1] * len(files))
        self._client = slots([client.weight for client in clients])
        self._place = slots([one * two for one in _clients.COUNTRIES.values() for two in _clients.TLS.values()])
        self._second = _seconds()
        self._package = np.array([file.package for file in files])
        self._mirror, self._nobody, self._unparsed, self._ci, self._no_ci = (
            np.array([is_so(client) for client in clients]) for is_so in _FLAGS
        )
        self._of_files = {name: _Column([getattr(file, name) for file in files]) for name in _OF_FILES}
        self._of_clients = {name: _Column([getattr(client, name) for client in clients]) for name in _OF_CLIENTS}
        places = [(country, *tls) for country in _clients.COUNTRIES for tls in _clients.TLS]
        self._of_places = {name: _Column([place[at] for place in places]) for at, name in enumerate(_OF_PLACES)}

    def draw(self, drawn: NDArray[np.uint64]) -> Rows:
        """A row of each word: a quarter of it each for file, client, second and place. Sorted in that order."""
        import numpy as np

        file, client, second, place = (drawn >> np.uint64(shift) & np.uint64(SLOTS - 1) for shift in (48, 32, 16, 0))
        clients = self._client[client]
        files = np.where(self._mirror[clients], self._alike[file], self._wanted[file])
        for_client, for_second, for_place = _BITS
        keys = ((files << for_client | clients) << for_second | self._second[second]) << for_place | self._place[place]
        keys.sort()
        places, keys = keys & ((1 << for_place) - 1), keys >> for_place
        seconds, keys = keys & ((1 << for_second) - 1), keys >> for_second
        return Rows(keys >> for_client, keys & ((1 << for_client) - 1), seconds, places)

    def counts(self, rows: Rows) -> Counter[tuple[str, _clients.Client]]:
        """Rows by package and client."""
        import numpy as np

        found, counts = np.unique(self._package[rows.files] * len(self._clients) + rows.clients, return_counts=True)
        keys = [divmod(key, len(self._clients)) for key in found.tolist()]
        return Counter(
            {(self._names[at], self._clients[client]): count for (at, client), count in zip(keys, counts.tolist(), strict=True)}
        )

    def schema(self) -> Any:
        return self.table(dt.date(1970, 1, 1), self.draw(words(0, "logs", "schema", 1))).schema

    def table(self, day: dt.date, rows: Rows) -> Any:
        """A pyarrow table of the rows."""
        import pyarrow as pa

        midnight_us = (day - dt.date(1970, 1, 1)).days * _DAY_S * 1_000_000
        times = pa.array(rows.seconds * 1_000_000 + midnight_us, pa.timestamp("us", "UTC"))
        return pa.table({"timestamp": times, **(self._few(rows) if self._thin else self._all(rows))})

    def _few(self, rows: Rows) -> dict[str, Any]:
        project = self._of_files["project"].at(rows.files)
        installer = _struct({"name": self._of_clients["installer"].at(rows.clients)}, self._nobody[rows.clients])
        details = {"installer": installer, "ci": self._whether_ci(rows)}
        return {
            "project": project,
            "file": _struct({"project": project}),
            "details": _struct(details, self._unparsed[rows.clients]),
        }

    def _all(self, rows: Rows) -> dict[str, Any]:
        files = {name: column.at(rows.files) for name, column in self._of_files.items()}
        places = {name: column.at(rows.places) for name, column in self._of_places.items()}
        return {
            "country_code": places["country_code"],
            "url": files["url"],
            "project": files["project"],
            "file": _struct({name: files[name] for name in ("filename", "project", "version", "type")}),
            "details": _struct(self._details(rows), self._unparsed[rows.clients]),
            "tls_protocol": places["tls_protocol"],
            "tls_cipher": places["tls_cipher"],
        }

    def _details(self, rows: Rows) -> dict[str, Any]:
        of = {name: column.at(rows.clients) for name, column in self._of_clients.items()}
        installer = {"name": of["installer"], "version": of["installer_version"], "subcommand": self._subcommand(rows)}
        libc = _struct({"lib": of["libc"], "version": of["libc_version"]})
        distro = {"name": of["distro"], "version": of["distro_version"], "id": of["distro_id"], "libc": libc}
        return {
            "installer": _struct(installer, self._nobody[rows.clients]),
            "python": of["python"],
            "implementation": _struct({"name": of["implementation"], "version": of["python"]}),
            "distro": _struct(distro),
            "system": _struct({"name": of["system"], "release": of["release"]}),
            "cpu": of["cpu"],
            "openssl_version": of["openssl"],
            "setuptools_version": of["setuptools"],
            "rustc_version": of["rustc"],
            "ci": self._whether_ci(rows),
        }

    def _subcommand(self, rows: Rows) -> Any:
        import pyarrow as pa

        called = pa.array([list(client.subcommand) for client in self._clients], pa.list_(pa.string()))
        return called.take(pa.array(rows.clients))

    def _whether_ci(self, rows: Rows) -> Any:
        import pyarrow as pa

        return pa.array(self._ci[rows.clients], pa.bool_(), mask=self._no_ci[rows.clients])


_OF_FILES: Final = ("url", "filename", "project", "version", "type")
_OF_PLACES: Final = ("country_code", "tls_protocol", "tls_cipher")
_OF_CLIENTS: Final = (
    "installer", "installer_version", "python", "implementation", "distro", "distro_version", "distro_id", "libc", "libc_version",
    "system", "release", "cpu", "openssl", "setuptools", "rustc",
)  # fmt: skip
_FLAGS: Final[tuple[Callable[[_clients.Client], bool], ...]] = (
    lambda client: client.mirror,
    lambda client: client.installer is None,
    lambda client: not client.parsed,
    lambda client: client.ci is True,
    lambda client: client.ci is None,
)


class _Column:
    """Texts, each once, and the index of each; None is null."""

    def __init__(self, values: Sequence[str | None]) -> None:
        self._values = list(dict.fromkeys(value for value in values if value is not None))
        place = {value: at for at, value in enumerate(self._values)}
        self._indexes = [place.get(value, -1) if value is not None else -1 for value in values]

    def at(self, rows: NDArray[np.int64]) -> Any:
        """A dictionary array of the values at these indexes."""
        import numpy as np
        import pyarrow as pa

        chosen = np.array(self._indexes, dtype=np.int32)[rows]
        return pa.DictionaryArray.from_arrays(pa.array(chosen, mask=chosen < 0), pa.array(self._values, pa.string()))


def _struct(fields: Mapping[str, Any], null: NDArray[np.bool_] | None = None) -> Any:
    import pyarrow as pa

    return pa.StructArray.from_arrays(list(fields.values()), list(fields), mask=None if null is None else pa.array(null))


def _seconds() -> NDArray[np.int64]:
    """A second of the day for each slot, from the first to the last; more of them where more is downloaded."""
    import numpy as np

    hours = slots(_HOUR)
    within = np.arange(SLOTS) - np.searchsorted(hours, hours)
    lengths = np.bincount(hours)[hours]
    seconds = hours * 3600 + within * 3600 // lengths
    seconds[-1] = _DAY_S - 1
    return seconds
