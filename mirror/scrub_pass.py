# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a scrub of the blob store is: a small file, replaced whole.

Blobs are read in order of digest, so one digest and the time when the pass began say of every blob
when it was last read. No row is written per blob.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScrubPass:
    """One pass through the store.

    Attributes:
        began: Epoch seconds.
        at: The last digest that was read, hexadecimal; empty at the beginning.
        finished: Whether it came to its end.
        lacking: Blobs that were damaged and are not here again yet, of earlier passes too.
    """

    began: float
    at: str = ""
    finished: bool = False
    lacking: frozenset[Digest] = frozenset()


def load_pass(file: Path) -> ScrubPass | None:
    """Read the file; None when there is none.

    Raises:
        InvalidInput: It was damaged; says what to do.
    """
    try:
        found = json.loads(file.read_bytes())
        return ScrubPass(
            began=float(found["began"]),
            at=str(found["at"]),
            finished=bool(found["finished"]),
            lacking=frozenset(Digest(text) for text in found["lacking"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, InvalidInput) as error:
        raise InvalidInput(
            f"{file}: not what a scrub writes: {error}", advice="remove it: a new pass begins"
        ) from error


def save_pass(file: Path, state: ScrubPass) -> None:
    """Replace the file.

    Raises:
        StorageFull: No room; the file is as it was.
    """
    text = json.dumps(
        {
            "began": state.began,
            "at": state.at,
            "finished": state.finished,
            "lacking": sorted(digest.hex for digest in state.lacking),
        }
    )
    draft = file.with_name(f".{file.name}.new")
    with disk_errors(file.parent, "noting how far the scrub came"), draft.open("w") as stream:
        stream.write(f"{text}\n")
        stream.flush()
        os.fsync(stream.fileno())
        draft.replace(file)
