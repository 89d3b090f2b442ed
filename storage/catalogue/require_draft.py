# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an import still owns its draft; asked in every transaction that writes for it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from snapshot.errors import Busy
from storage.catalogue import tables as t
from storage.catalogue.observed import STAGING
from storage.catalogue.records import RunDraft


def require_draft(connection: Connection, draft: RunDraft) -> None:
    """Make sure that nobody discarded or published the draft in the meantime.

    Raises:
        Busy: Somebody did: another program imports the same archive.
    """
    query = select(t.runs.c.state).where(t.runs.c.id == draft.id).with_for_update()
    if connection.execute(query).scalar_one_or_none() != STAGING:
        raise Busy(
            f"the run {draft.timestamp} of {draft.archive} is no longer being imported here",
            advice="another program began a run of this archive; let one of them do it",
        )
