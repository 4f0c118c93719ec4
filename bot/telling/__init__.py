"""How a person is told, a file per way: each a `bot.ports.Teller`, but for the ping, which says that the bot is there."""
