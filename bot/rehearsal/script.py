"""The script of a rehearsal: which call meets which fault."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rehearsal.faults import Fault, named
from bot.rehearsal.operations import EVERY, OPERATIONS


@dataclass
class Rule:
    """One line of the script: the fault befalls the calls `first`, `first` + 1, ... of one operation, `times` of them or all."""

    call: str
    fault: Fault
    first: int
    times: int | None
    happened: int = 0


class Faults:
    """The script of faults. Calls of an operation are counted from 1 since the fake began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._seen: dict[str, int] = dict.fromkeys((EVERY, *OPERATIONS), 0)

    def on(self, call: str, fault: Fault, nth: int = 1, times: int | None = 1) -> None:
        """
        The nth call of this operation (with EVERY: of all) meets the fault, and the `times` - 1 after it; None is all of them.

        Raises:
            ValueError: there is no such operation, or its nth call has been already.
        """
        call = call.replace("{id}", ":id")
        if call not in self._seen:
            raise ValueError(f"{call!r} is no operation; there are: {', '.join(self._seen)}")
        with self._lock:
            if nth <= self._seen[call]:
                raise ValueError(f"{call} number {nth} has been already; {self._seen[call]} were seen")
            self._rules.append(Rule(call, fault, nth, times))

    def next(self, call: str, fault: Fault, times: int | None = 1) -> None:
        """The next call of this operation meets the fault."""
        self.on(call, fault, self._seen.get(call.replace("{id}", ":id"), 0) + 1, times)

    def script(self, lines: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> None:
        """Faults as JSON: {"call", "fault", "nth" (without it: the next), "times" (null: all), "seconds"}, one or a list."""
        for line in [lines] if isinstance(lines, Mapping) else lines:
            fault, times = named(line["fault"], line.get("seconds")), line.get("times", 1)
            if "nth" in line:
                self.on(line["call"], fault, line["nth"], times)
            else:
                self.next(line["call"], fault, times)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    @property
    def unused(self) -> list[str]:
        """Faults that no call met: a test that waits for them proves nothing."""
        return [f"{rule.call} {rule.first}: {rule.fault.name}" for rule in self._rules if not rule.happened]

    def take(self, call: str) -> Fault | None:
        """Counts a call and says what befalls it."""
        with self._lock:
            for name in (EVERY, call):
                self._seen[name] += 1
            for rule in self._rules:
                late_by = self._seen[rule.call] - rule.first if rule.call in (EVERY, call) else -1
                if late_by >= 0 and (rule.times is None or late_by < rule.times):
                    rule.happened += 1
                    return rule.fault
        return None

    def described(self) -> list[dict[str, object]]:
        """The script as JSON values, each line with the number of calls it befell."""
        return [
            {"call": rule.call, "fault": rule.fault.name, "nth": rule.first, "times": rule.times, "happened": rule.happened}
            for rule in self._rules
        ]
