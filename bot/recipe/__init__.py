"""`report.toml` and its texts, read once and turned into a Report."""

from bot.recipe.file import ReportFile
from bot.recipe.keeping import digest, keep
from bot.recipe.reading import Kinds, report

__all__ = ["Kinds", "ReportFile", "digest", "keep", "report"]
