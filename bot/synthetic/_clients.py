"""Who downloads what, as far as a log of downloads shows it: the tables that rows of `logs` are drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

MIRRORS: Final = ("bandersnatch", "z3c.pypimirror", "Artifactory", "devpi")
"""The installers that usual counts leave out (pypistats.org's list)."""
_KNOWN: Final = (
    "numpy", "requests", "tensorflow", "pandas", "torch", "keras", "scikit-learn", "jax", "jaxlib", "transformers", "scipy",
    "torchvision", "tf-keras", "matplotlib", "lightning", "flax", "optax", "tensorflow-cpu", "pytorch-lightning", "torchaudio",
    "xgboost", "lightgbm", "onnxruntime", "paddlepaddle", "mxnet", "mlx", "tensorboard", "keras-tuner", "haiku", "fastai",
)  # fmt: skip
_GROWTH: Final = {"torch": 103, "jax": 105, "jaxlib": 105, "transformers": 106, "mlx": 108, "tensorflow": 99, "mxnet": 90}
"""Of a hundred downloads, so many a month later; a package that is not named keeps what it has, or gains one in a hundred."""
COUNTRIES: Final = {
    "US": 520, "DE": 60, "IE": 45, "GB": 40, "NL": 35, "FR": 30, "JP": 30, "IN": 30, "SG": 28, "CN": 26, "CA": 24, "KR": 20,
    "BR": 18, "AU": 14, "FI": 12, "SE": 12, "PL": 10, "ES": 8, "IT": 8, "RU": 8, None: 22,
}  # fmt: skip
TLS: Final = {
    ("TLSv1.3", "TLS_AES_256_GCM_SHA384"): 620,
    ("TLSv1.3", "TLS_AES_128_GCM_SHA256"): 180,
    ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"): 150,
    ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"): 48,
    (None, None): 2,
}
_SHAPES: Final = (
    ("bdist_wheel", "py3-none-any.whl", 5),
    ("bdist_wheel", "cp311-cp311-manylinux_2_17_x86_64.whl", 30),
    ("bdist_wheel", "cp312-cp312-manylinux_2_17_x86_64.whl", 40),
    ("bdist_wheel", "cp312-cp312-macosx_11_0_arm64.whl", 8),
    ("bdist_wheel", "cp312-cp312-win_amd64.whl", 10),
    ("sdist", "", 7),
)


@dataclass(frozen=True)
class File:
    """A file of a package; `weight` is within the package."""

    package: int
    filename: str
    project: str
    version: str
    type: str
    weight: int

    @property
    def url(self) -> str:
        """Where the CDN keeps it: below folders named after a digest, here of the name."""
        digest = hashlib.sha256(self.filename.encode()).hexdigest()
        return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.filename}"


@dataclass(frozen=True)
class Client:
    """What a download tells of who downloads. `parsed` is False where nothing could be read from it: `details` is then null."""

    weight: int
    installer: str | None = None
    installer_version: str | None = None
    subcommand: tuple[str, ...] = ()
    python: str | None = None
    implementation: str | None = None
    system: str | None = None
    release: str | None = None
    distro: str | None = None
    distro_version: str | None = None
    distro_id: str | None = None
    libc: str | None = None
    libc_version: str | None = None
    cpu: str | None = None
    openssl: str | None = None
    setuptools: str | None = None
    rustc: str | None = None
    ci: bool | None = None
    parsed: bool = True

    @property
    def mirror(self) -> bool:
        return self.installer in MIRRORS


def packages(count: int) -> list[str]:
    """The names, the most downloaded first."""
    return [*_KNOWN[:count], *(f"made-up-{number}" for number in range(len(_KNOWN), count))]


def weight(package: int, name: str, month: int) -> int:
    """How much a package is downloaded in a month, after Zipf: the nth has an nth of the first."""
    growth = _GROWTH.get(name, 100 + package % 2)
    wanted: int = 10**9 // (package + 1) * growth**month // 100**month
    return wanted


def files(count: int) -> list[File]:
    """Every file of every package: three versions, the newest the most wanted."""
    return [file for package, name in enumerate(packages(count)) for file in _files(package, name)]


def clients() -> list[Client]:
    """Every kind of client; the weights add up to no round number."""
    return [*_unnamed(), *_mirrors(), *_plain(), *_people()]


def _files(package: int, name: str) -> Iterator[File]:
    for release, (kind, tag, share) in product(range(3), _SHAPES):
        version = f"{1 + package % 3}.{10 + release}.{package % 5}"
        plain = name.replace("-", "_")
        filename = f"{plain}-{version}-{tag}" if tag else f"{plain}-{version}.tar.gz"
        yield File(package, filename, name, version, kind, share * (1 + 3 * release))


def _unnamed() -> list[Client]:
    return [Client(weight=8_000, parsed=False), Client(weight=12_000, python="3.11.9", system="Linux", ci=None)]


def _mirrors() -> list[Client]:
    return [
        Client(90_000, "bandersnatch", "6.5.0", python="3.12.3", implementation="CPython", system="Linux", release="6.8.0"),
        Client(80_000, "Artifactory", "7.90.8"),
        Client(24_000, "devpi", "6.14.0", python="3.11.9", system="Linux"),
        Client(6_000, "z3c.pypimirror", "1.0.16"),
    ]


def _plain() -> list[Client]:
    """Who tells a name and little else. Nexus is a mirror too, but in nobody's list of them."""
    return [
        Client(12_000, "Nexus", "3.70.1"),
        Client(6_000, "Browser"),
        Client(9_000, "requests", "2.32.3", python="3.12.3", implementation="CPython", system="Linux", release="6.8.0"),
        Client(3_000, "setuptools", "75.6.0", python="3.8.18"),
        Client(2_000, "conda", "24.9.2"),
        Client(1_000, "OS"),
    ]


_INSTALLERS: Final = (
    ("pip", "24.3.1", (), 420), ("pip", "23.0.1", (), 180), ("poetry", "1.8.5", (), 40), ("pdm", "2.22.1", (), 6),
    ("uv", "0.5.11", ("pip", "install"), 90), ("uv", "0.5.11", ("sync",), 60),
)  # fmt: skip
_PYTHONS: Final = (("3.8.18", 6), ("3.9.20", 10), ("3.10.12", 22), ("3.11.9", 28), ("3.12.3", 27), ("3.13.1", 6), (None, 1))
_SYSTEMS: Final = (
    ("Linux", "5.15.0-1075-aws", "Ubuntu", "22.04", "jammy", "glibc", "2.35", "x86_64", "OpenSSL 3.0.2 15 Mar 2022", 44),
    ("Linux", "6.1.112", "Debian GNU/Linux", "12", "bookworm", "glibc", "2.36", "x86_64", "OpenSSL 3.0.15 3 Sep 2024", 30),
    ("Linux", "5.10.228", "Amazon Linux", "2", None, "glibc", "2.26", "aarch64", "OpenSSL 1.0.2k-fips  26 Jan 2017", 8),
    ("Linux", "6.6.41", "Alpine Linux", "3.20", None, "musl", "1.2.5", "x86_64", "OpenSSL 3.3.2 3 Sep 2024", 4),
    ("Darwin", "24.1.0", "macOS", "15.1", None, None, None, "arm64", "OpenSSL 3.4.0 22 Oct 2024", 8),
    ("Windows", "10", None, None, None, None, None, "AMD64", "OpenSSL 3.0.13 30 Jan 2024", 6),
)  # fmt: skip
_CI: Final = ((True, 46), (False, 4), (None, 50))
"""pip writes true or nothing; few installers write false."""


def _people() -> Iterator[Client]:
    for (name, version, subcommand, one), (python, two), system, (ci, three) in product(_INSTALLERS, _PYTHONS, _SYSTEMS, _CI):
        yield Client(
            weight=one * two * system[-1] * three // 1_000,
            installer=name,
            installer_version=version,
            subcommand=subcommand,
            python=python,
            implementation="CPython",
            system=system[0],
            release=system[1],
            distro=system[2],
            distro_version=system[3],
            distro_id=system[4],
            libc=system[5],
            libc_version=system[6],
            cpu=system[7],
            openssl=system[8],
            setuptools="75.6.0" if python else None,
            rustc="1.83.0" if system[0] == "Darwin" else None,
            ci=ci,
        )
