# SPDX-License-Identifier: GPL-3.0-or-later
"""What views are given."""

from __future__ import annotations

from api.services import Limits, current_services
from storage.database import Database
from tests.api.archive_server import NOW, make_archive_server


def test_views_see_the_addresses_limits_and_clock_of_their_own_application(
    shared_database: Database,
) -> None:
    one = make_archive_server(shared_database, limits=Limits(buildinfo=1)).app
    other = make_archive_server(shared_database).app
    with one.test_request_context():
        assert current_services().web.limits.buildinfo == 1
        assert current_services().web.clock() == NOW.epoch
        with other.test_request_context():
            assert current_services().web.limits.buildinfo == 16 << 20
            assert current_services().rebuild is None
