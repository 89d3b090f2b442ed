# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rebuilder takes which job. A new kind is one module of this shape, and one entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rebuilders.failure import RebuildFailure
from rebuilders.task import Bench, LeftBehind, Task
from snapshot.verdict import Reason


class Rebuilder(Protocol):
    """One tool: what it accepts, what it needs, how it is run, what it left behind.

    Attributes:
        kind: Kind of environment it makes (`deb`, `arch`, `rpm`), or its own name.
        backends: Names under which the server's jobs ask for it.
        works_in_memory: Whether a difference must be confirmed on disk.
    """

    @property
    def kind(self) -> str:
        """See the class."""
        ...

    @property
    def backends(self) -> tuple[str, ...]:
        """See the class."""
        ...

    @property
    def works_in_memory(self) -> bool:
        """See the class."""
        ...

    def accepts(self, task: Task) -> None:
        """Raise `RebuildFailure` with `unsupported` for what it cannot take."""
        ...

    def needs(self) -> tuple[str, ...]:
        """Programs that it needs and this machine lacks."""
        ...

    def strategies(self, task: Task) -> Sequence[str]:
        """Ways to try, in order, until one gives GOOD."""
        ...

    def attempt(self, task: Task, strategy: str, bench: Bench) -> LeftBehind:
        """Build once; a build that fails is a result, not an exception."""
        ...


class Registry:
    """The rebuilders of one worker.

    Args:
        rebuilders: Later ones take precedence for a backend.
    """

    def __init__(self, rebuilders: Iterable[Rebuilder]) -> None:
        self._by_backend = {name: tool for tool in rebuilders for name in tool.backends}

    def backends(self) -> tuple[str, ...]:
        """What the worker tells the server that it can do, without what lacks a program."""
        return tuple(sorted(name for name, tool in self._by_backend.items() if not tool.needs()))

    def find(self, backend: str) -> Rebuilder:
        """The rebuilder of a backend.

        Raises:
            RebuildFailure: `unsupported`.
        """
        try:
            return self._by_backend[backend]
        except KeyError as error:
            raise RebuildFailure(
                Reason.UNSUPPORTED,
                f"this worker has no rebuilder {backend!r}, only {', '.join(self.backends())}",
            ) from error
