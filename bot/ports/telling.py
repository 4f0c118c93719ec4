"""What is asked of whoever tells a person what happened: a webhook, a mail."""

from __future__ import annotations

from typing import Protocol

from bot.ports.rota import Notice


class Teller(Protocol):
    """Brings notices to where people read them. It may be told the same twice: after a time-out nobody knows what arrived."""

    @property
    def name(self) -> str:
        """What may be shown of where it goes: no secret of the address is in it."""
        ...

    def tell(self, notice: Notice) -> None:
        """
        Bring one notice, and come back within half a minute.

        Raises:
            Untold: it was not brought, or nobody knows; `permanent` if trying again cannot help before something is changed.
        """
        ...
