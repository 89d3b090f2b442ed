# SPDX-License-Identifier: GPL-3.0-or-later
"""A draft that is gone or published takes nothing more."""

from __future__ import annotations

import pytest

from snapshot.errors import Busy
from storage.catalogue import Catalogue
from storage.catalogue.require_draft import require_draft
from storage.database import Database
from tests.storage.catalogue.archive_maker import begin, day, release_of


def test_only_a_draft_that_is_still_staged_is_ours(
    catalogue: Catalogue, catalogue_database: Database
) -> None:
    draft = begin(catalogue, day(1))
    with catalogue_database.write() as connection:
        require_draft(connection, draft)
    catalogue.stage_release(draft, release_of(draft))
    catalogue.publish(draft)
    with catalogue_database.write() as connection, pytest.raises(Busy, match="20260101T120000Z"):
        require_draft(connection, draft)
    gone = begin(catalogue, day(2))
    catalogue.abandon(gone)
    with catalogue_database.write() as connection, pytest.raises(Busy):
        require_draft(connection, gone)
