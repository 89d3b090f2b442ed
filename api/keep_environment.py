# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the text of an environment, so that its id can be asked for later.

Anybody may cause this, so what is kept here is not pinned: the catalogue evicts it again
when nothing needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive_services import current_archive

if TYPE_CHECKING:
    from snapshot.environment import Environment


def keep_environment(environment: Environment) -> None:
    """Store the text as a blob and say so in the catalogue; twice changes nothing."""
    archive = current_archive()
    if not archive.blobs.contains(environment.id):
        blob = archive.blobs.add([environment.text()], expect=environment.id)
        archive.catalogue.record_blob(blob)
    archive.catalogue.add_environment(environment, pinned=False)
