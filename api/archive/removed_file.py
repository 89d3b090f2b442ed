# SPDX-License-Identifier: GPL-3.0-or-later
"""A path of a kept run whose bytes were given up or taken out: which run has another file there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive.view import dated_address
from api.archive_services import current_archive
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from snapshot.digest import Digest
    from snapshot.errors import Removed
    from storage.catalogue.records import RunRecord


def name_nearest(error: Removed, run: RunRecord, path: str, digest: Digest) -> Removed:
    """The same error, naming the nearest kept run with other bytes at the path, if one has.

    Args:
        error: Why the file is not given.
        run: The run that was asked.
        path: What was asked for, relative to the run's root.
        digest: What the run has there.
    """
    catalogue = current_archive().catalogue
    before, _ = catalogue.kept_around(run.archive, Timestamp(run.timestamp.epoch - 1))
    _, after = catalogue.kept_around(run.archive, run.timestamp)
    others = [one for one in (before, after) if one is not None and _has_other(one, path, digest)]
    if not others:
        return error
    nearest = min(others, key=lambda one: abs(one.timestamp.epoch - run.timestamp.epoch))
    address = dated_address(run.archive, nearest.timestamp, path)
    advice = f"{error.advice}; the nearest run with another file there: {address}"
    return type(error)(error.message, advice=advice)


def _has_other(run: RunRecord, path: str, digest: Digest) -> bool:
    catalogue = current_archive().catalogue
    found = catalogue.file_at(run.archive, run.timestamp, path)
    return (
        found is not None
        and found.digest != digest
        and found.state is not BlobState.REMOVED
        and catalogue.removals.of_file(found.digest) is None
    )
