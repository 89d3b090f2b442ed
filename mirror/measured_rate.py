# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast archives came, remembered for plans: one small file in the data directory.

A convenience: a file that is damaged or cannot be written costs an estimate, no sync.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: A sync of fewer bytes says more of connections than of rates.
LEAST_BYTES = 1_000_000
#: A file of this size is none of ours.
_MOST_BYTES = 1 << 20


class MeasuredRates:
    """Bytes per second of each archive.

    Args:
        path: `<data>/run/rates.json`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def rate(self, archive: str) -> float | None:
        """Bytes a second of its last syncs, the later ones counting more; None before the first."""
        found = self._read().get(archive)
        return None if found is None else found[0] / found[1]

    def note(self, archive: str, received: int, seconds: float) -> None:
        """Count a sync, if enough came to tell."""
        if received < LEAST_BYTES or seconds <= 0:
            return
        rates = self._read()
        size, spent = rates.get(archive, (0.0, 0.0))
        rates[archive] = (size / 2 + received, spent / 2 + seconds)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(rates) + "\n", encoding="utf-8")
            draft.replace(self._path)

    def _read(self) -> dict[str, tuple[float, float]]:
        try:
            with self._path.open("rb") as stream:
                text = stream.read(_MOST_BYTES + 1)
            found = json.loads(text) if len(text) <= _MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: pair for name, value in found.items() if (pair := _pair(value))}


def _pair(value: object) -> tuple[float, float] | None:
    """Bytes and seconds; None for anything else."""
    match value:
        case [int() | float() as size, int() | float() as seconds]:
            finite = 0 < size < float("inf") and 0 < seconds < float("inf")
            return (float(size), float(seconds)) if finite else None
    return None
