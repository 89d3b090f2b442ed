# SPDX-License-Identifier: GPL-3.0-or-later
"""What was taken out is refused by its digest (all addresses: test_removals.py)."""

from __future__ import annotations

import pytest

from api.refuse_removed import refuse_removed
from snapshot.digest import Digest
from snapshot.errors import Removed, Withheld
from storage.database import Database
from tests.api.archive_server import NOW, make_archive_server


def test_a_law_makes_the_difference(shared_database: Database) -> None:
    server = make_archive_server(shared_database)
    plain, forbidden, other = (Digest.of(word) for word in (b"plain", b"forbidden", b"other"))
    server.catalogue.removals.add("broken", files=[plain], now=NOW)
    server.catalogue.removals.add("a law", files=[forbidden], legal=True, now=NOW)
    with server.app.test_request_context():
        refuse_removed(other)
        with pytest.raises(Removed, match="broken") as refused:
            refuse_removed(plain)
        assert not isinstance(refused.value, Withheld)
        with pytest.raises(Withheld, match="a law"):
            refuse_removed(forbidden)
