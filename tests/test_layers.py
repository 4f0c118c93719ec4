"""The import laws of ARCHITECTURE.md, checked by import-linter with the contracts in pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.plugins import rooms

_ROOT = Path(__file__).parent.parent
_CONTRACTS = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_import_law_is_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter.cli import lint_imports

    monkeypatch.chdir(_ROOT)
    assert lint_imports(config_filename="pyproject.toml", cache_dir=None) == 0, capsys.readouterr().out


@pytest.mark.parametrize("wing", ["sources", "engines", "charts", "publishers", "telling"])
def test_the_law_of_a_wing_names_every_room_of_it(wing: str) -> None:
    named = next(contract["modules"] for contract in _CONTRACTS if contract["id"] == wing)
    found = [f"bot.{wing}.{room}" for room in rooms(wing)]
    assert len(found) >= 2
    assert sorted(named) == found


def test_the_layers_name_every_module_at_the_top_of_the_house() -> None:
    layers = next(contract["layers"] for contract in _CONTRACTS if contract["id"] == "layers")
    named = {name.strip() for layer in layers for name in layer.replace("|", ":").split(":")}
    found = {f"bot.{path.stem}" for path in (_ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert named == found - {"bot.__init__"}
