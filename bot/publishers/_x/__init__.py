"""What the room of X is built of. `bot.publishers.x` is its door."""
