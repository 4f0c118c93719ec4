"""The bot as a service: the bell, the processes that do the work, and what an operator sees."""
