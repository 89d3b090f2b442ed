# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking again, after a while, for files that no upstream had when their run was captured.

A mirror may name a file before it has it. Such a run is published without it; an hour later the
next sync asks again, then after two hours, and so on up to a day, for as long as the newest
index names the file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mirror.breaker import HostBanned
from mirror.halt import Stopped
from mirror.pull import FORGET_AFTER, PullThrough
from snapshot.errors import PermanentError, StorageFull, TransientError
from storage.blobs.disk_errors import disk_errors
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.digest import Digest

_LONGEST = 86_400.0


def fetch_missing(policy: ArchivePolicy, stores: MirrorStores) -> int:
    """Ask again if it is time.

    Args:
        policy: The archive.
        stores: Where to.

    Returns:
        How many files came; each is durable, recorded and linked.

    Raises:
        StorageFull: No room.
        Stopped: Somebody asked for the end.
    """
    note = _note(policy, stores)
    asked, pause = _read(note)
    if not pause or 0 <= stores.clock() - asked < pause:
        return 0
    pull, came, lacking = PullThrough(stores, [policy]), 0, 0
    for digest in _still_named(policy, stores):
        try:
            arrived = pull(digest)
        except (StorageFull, Stopped):
            raise
        except (TransientError, HostBanned) as error:
            # Whoever does not answer is not waited for once a file: the sync goes on.
            stores.progress.say(f"{policy.name}: {error.message}")
            lacking += 1
            break
        except PermanentError as error:  # it may come the next time
            stores.progress.say(f"{policy.name}: {error.message}")
            arrived = False
        came, lacking = came + arrived, lacking + (not arrived)
    if not lacking:
        note.unlink(missing_ok=True)
    else:
        _write(note, stores.clock(), FORGET_AFTER if came else min(2 * pause, _LONGEST))
    return came


def note_missing(policy: ArchivePolicy, stores: MirrorStores) -> None:
    """Remember that files were missing just now, so that they are asked for in an hour.

    Args:
        policy: The archive.
        stores: Where to.
    """
    _write(_note(policy, stores), stores.clock(), FORGET_AFTER)


def _still_named(policy: ArchivePolicy, stores: MirrorStores) -> Iterator[Digest]:
    """Missing files that the newest index of a stream of this archive names."""
    for digest in stores.catalogue.blobs_in_state(BlobState.MISSING):
        if any(
            place.coordinates.archive == policy.name and place.intervals[-1].until is None
            for place in stores.catalogue.locations(digest)
        ):
            yield digest


def _note(policy: ArchivePolicy, stores: MirrorStores) -> Path:
    return stores.locks / f"missing-{policy.name}.json"


def _read(note: Path) -> tuple[float, float]:
    """When it was asked last, and for how long not again; a damaged note is an old one."""
    try:
        asked, pause = json.loads(note.read_bytes())
        return float(asked), min(max(float(pause), FORGET_AFTER), _LONGEST)
    except FileNotFoundError:
        return 0.0, 0.0
    except (ValueError, TypeError, OverflowError):
        return 0.0, FORGET_AFTER


def _write(note: Path, asked: float, pause: float) -> None:
    with disk_errors(note.parent, "noting when missing files were asked for"):
        note.write_text(f"{json.dumps([asked, pause])}\n")
