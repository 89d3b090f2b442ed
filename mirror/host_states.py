# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of hosts that banned or quieted us, in one file that all processes share.

A ban outlives the process that met it: a sync that is started again, `mirror watch` and the
servers' pull-through must not knock at a door that another of them was shown. The file is small,
written whole, and a convenience: one that is damaged or cannot be written costs a probe, no run.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: A file of this size is none of ours: each host takes some hundred bytes.
_MOST_BYTES = 1 << 20
#: No epoch second, and no count, is beyond this.
_LATEST = 1e12


@dataclass(frozen=True, slots=True)
class HostState:
    """What is remembered of one host. Times are epoch seconds, 0 for never.

    Attributes:
        bans: How often it banned us lately; decides how long the next ban is honoured.
        banned_at: When it last did.
        until: It is left alone until then; 0 when it may be asked freely.
        probing: One request was let through to see whether the ban is over, and `until` is
            when that one is given up.
        quiet_until: It asked for no request before then (`Retry-After`).
    """

    bans: int = 0
    banned_at: float = 0.0
    until: float = 0.0
    probing: bool = False
    quiet_until: float = 0.0


def read_hosts(path: Path) -> Mapping[str, HostState]:
    """Read what any process of this data directory knows.

    Args:
        path: `<data>/run/hosts.json`.

    Returns:
        By host (`name` or `name:port`); empty when there is no such file, or garbage in it.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_BYTES + 1)
        hosts = json.loads(text) if len(text) <= _MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(hosts, dict):
        return {}
    return {host: state for host, value in hosts.items() if (state := _state(value))}


def _state(value: object) -> HostState | None:
    """One host's record; None unless every field is there and of its kind."""
    if not isinstance(value, dict):
        return None
    given: dict[str, Any] = {}
    for one in fields(HostState):
        field: Any = value.get(one.name)
        kinds = {type(one.default), int} if one.type == "float" else {type(one.default)}
        if type(field) not in kinds or not 0 <= field <= _LATEST:
            return None
        given[one.name] = field
    return HostState(**given)


class HostFile:
    """The file, for those who change it.

    Args:
        path: `<data>/run/hosts.json`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._unwritten: dict[str, HostState] | None = None

    def news(self) -> Mapping[str, HostState] | None:
        """What it holds, if anybody wrote it since the last look."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        if (found.st_ino, found.st_mtime_ns) == self._seen:
            return None
        self._seen = (found.st_ino, found.st_mtime_ns)
        return self._read()

    def _read(self) -> dict[str, HostState]:
        return {**read_hosts(self._path), **(self._unwritten or {})}

    @contextmanager
    def changing(self) -> Iterator[dict[str, HostState]]:
        """Give its content to be changed, alone among all processes; written at the end.

        What could not be written is given again the next time: on a full or read-only disk this
        process knows at least what it met itself.
        """
        with self._locked():
            states = self._read()
            yield states
            self._unwritten = states
            draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            with suppress(OSError):
                text = json.dumps({host: asdict(state) for host, state in states.items()})
                draft.write_text(text + "\n", encoding="utf-8")
                draft.replace(self._path)
                self._unwritten = None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = -1
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._path.with_name(f"{self._path.name}.lock")
            descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if descriptor >= 0:
                os.close(descriptor)
