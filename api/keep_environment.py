# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the text of an environment, so that its id can be asked for later.

Anybody may cause this, so what is kept here is not pinned: the least recently
used ones go again beyond a number of them. What only stands in the answer to a build record is
offered: it is stored when somebody asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.make_once import forget_made
from api.services import current_services
from snapshot.environment import Environment
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from snapshot.digest import Digest

_A_DAY = 86400


def keep_environment(environment: Environment) -> None:
    """Store the text as a blob and say so in the catalogue; twice changes nothing."""
    archive, web = current_archive(), current_services().web
    known = archive.blobs.contains(environment.id)
    # Also when it is known: what is stored again is young, and nobody collects it now.
    blob = archive.blobs.add([environment.text()], expect=environment.id)
    if not known:
        archive.catalogue.record_blob(blob)
    archive.catalogue.add_environment(environment, now=Timestamp(int(web.clock())))
    keep = web.limits.environments
    for old in archive.catalogue.evictable_environments(keep=keep, newest=environment.id):
        if archive.catalogue.remove_environment(old):
            archive.catalogue.set_blob_state([old], BlobState.REMOVED)
            archive.blobs.delete(old)
            forget_made([environment_subject(old)])


def offer_environment(environment: Environment) -> None:
    """Make sure that the environment can be asked for, at little cost."""
    offered = current_archive().offered
    if offered is None:
        keep_environment(environment)
    else:
        offered.offer(environment.id, environment.text())


def keep_offered(identity: Digest) -> bool:
    """Store an environment that was offered; False when none of that id is."""
    offered = current_archive().offered
    text = None if offered is None else offered.take(identity)
    if text is None:
        return False
    keep_environment(Environment.from_text(text))
    return True


def environment_subject(identity: Digest) -> str:
    """What the files are made of that an environment's repository has."""
    return f"environment {identity}"


def note_use(identity: Digest) -> None:
    """An environment that apt reads is in use; said once a day."""
    catalogue = current_archive().catalogue
    now = Timestamp(int(current_services().web.clock()))
    known = catalogue.environment(identity)
    if known is not None and now.epoch - known.last_used.epoch >= _A_DAY:
        catalogue.use_environment(identity, now)


def pin_environment(identity: Digest, holder: str) -> None:
    """Keep an environment for somebody; one that is not here stays unknown."""
    catalogue = current_archive().catalogue
    if catalogue.environment(identity) is not None or keep_offered(identity):
        catalogue.pin(identity, holder, Timestamp(int(current_services().web.clock())))
