"""
Rooms by name: "csv" is `bot/sources/csv.py`, "my_pkg.my_source" is a module of somebody else's.

Three distinct errors: there is no such room, it is broken (it fails to import), or it is unfit (it lacks what its port asks for).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType

from bot.domain.measure import Coverage, Metric, Origin
from bot.domain.words import nearest
from bot.errors import BadRecipe
from bot.ports import Service


def rooms(wing: str) -> list[str]:
    """The names of all rooms of a wing ("sources", "charts", "publishers"): its modules, but for private ones."""
    package = importlib.import_module(f"bot.{wing}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name[0] != "_" and not module.ispkg)


def load(wing: str, name: str, needs: tuple[str, ...]) -> ModuleType:
    """
    The module of a room, with everything its port asks for.

    Raises:
        BadRecipe: absent, broken or unfit; says which.
    """
    path = name if "." in name else f"bot.{wing}.{name}"
    if ("." not in name.strip(".") and name not in rooms(wing)) or not re.fullmatch(r"\w+(\.\w+)*", name):
        raise BadRecipe(f'there is no {wing[:-1]} "{name}"{nearest(name, rooms(wing))}; there are {", ".join(rooms(wing))}')
    try:
        module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{path}.".startswith(f"{error.name}."):
            raise BadRecipe(
                f'there is no module "{path}" for the {wing[:-1]} "{name}"; install it or correct the name'
            ) from error
        raise BadRecipe(f'the {wing[:-1]} "{name}" needs the module "{error.name}", which is not installed') from error
    except (Exception, SystemExit) as error:
        raise BadRecipe(
            f'the {wing[:-1]} "{name}" is broken: importing {path} fails with {type(error).__name__}: {error}'
        ) from error
    if missing := [attribute for attribute in needs if not hasattr(module, attribute)]:
        raise BadRecipe(f'the {wing[:-1]} "{name}" is unfit: {path} has no {", ".join(missing)}; see bot/ports/')
    return module


def source(name: str) -> ModuleType:
    """
    A source's room, with everything it must say of itself.

    Raises:
        BadRecipe: absent, broken or unfit; says which.
    """
    room = load("sources", name, ("Source", "METRICS", "ORIGINS", "COVERAGE"))
    if not isinstance(room.COVERAGE, Coverage) or not isinstance(getattr(room, "SERVICE", None), Service | None):
        raise BadRecipe(f'the source "{name}" is unfit: its COVERAGE is no Coverage, or its SERVICE no Service; see bot/ports/')
    if hasattr(room, "COMPUTED") and "engine" not in room.Source.__dataclass_fields__:
        raise BadRecipe(f'the source "{name}" is unfit: it is COMPUTED, and its Source has no setting "engine"; see bot/ports/')
    if hasattr(room, "SERVICE") and not (room.METRICS and room.ORIGINS):
        raise BadRecipe(f'the source "{name}" is unfit: it asks a service and does not say what it measures and whom to name')
    return room


@cache
def known_origins() -> dict[str, Origin]:
    """Every publisher of numbers a source of the house reads, by name."""
    return {origin.name: origin for name in rooms("sources") for origin in load("sources", name, ("ORIGINS",)).ORIGINS}


@cache
def known_metrics() -> dict[str, Metric]:
    """
    Every metric a source of the house defines, by key. A definition belongs to one source; any source may deliver its values.

    Raises:
        BadRecipe: two sources define the same key.
    """
    metrics: dict[str, Metric] = {}
    for name in rooms("sources"):
        for metric in load("sources", name, ("METRICS",)).METRICS:
            if metric.key in metrics:
                raise BadRecipe(f'two sources define the metric "{metric.key}"; a definition has one home')
            metrics[metric.key] = metric
    return metrics
