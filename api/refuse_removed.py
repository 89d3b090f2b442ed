# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator took out is given under no address, also when its bytes are here."""

from __future__ import annotations

from api.services import current_services
from snapshot.digest import Digest
from snapshot.errors import Removed, Withheld


def refuse_removed(digest: Digest) -> None:
    """Refuse a file that was taken out, naming the removal and its reason.

    Raises:
        Removed: It was taken out.
        Withheld: The same, because a law or a court wanted it.
    """
    archive = current_services().archive
    removal = None if archive is None else archive.catalogue.removals.of_file(digest)
    if removal is None:
        return
    kind = Withheld if removal.legal else Removed
    raise kind(
        f"{digest} was taken out on {removal.removed} (removal {removal.number}): {removal.reason}",
        advice=f"/removal/{removal.number} tells all that went; where it lived, and when, is "
        f"remembered: /mr/file/{digest}/info",
    )
