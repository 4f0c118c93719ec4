"""Observations of finished years as csv files, with the command that writes them. `bot.sources.archive` reads them."""
