# SPDX-License-Identifier: GPL-3.0-or-later
"""What people ask about the past: names, a package's whole history, what changed in a suite."""

from __future__ import annotations

from storage.catalogue import archive_status, package_history, search_names, suite_diff
from storage.database import Database


class History:
    """Questions over time; each is answered from one state.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_source(self, name: str) -> tuple[package_history.Stay, ...]:
        """Every stay of every version of a source package (`package_history`)."""
        with self._database.read() as connection:
            return package_history.history_of_source(connection, name)

    def of_binary(self, name: str) -> tuple[package_history.Stay, ...]:
        """Every stay of every version of a binary package."""
        with self._database.read() as connection:
            return package_history.history_of_binary(connection, name)

    def names(
        self, prefix: str, *, most: int, after: str = ""
    ) -> tuple[search_names.FoundName, ...]:
        """The next names that begin so (`search_names`)."""
        with self._database.read() as connection:
            return search_names.names_with_prefix(connection, prefix, most=most, after=after)

    def diff(self, request: suite_diff.DiffRequest) -> suite_diff.SuiteDiff:
        """What changed in a suite between two runs (`suite_diff`)."""
        with self._database.read() as connection:
            return suite_diff.suite_diff(connection, request)

    def status(self) -> tuple[archive_status.ArchiveStatus, ...]:
        """How each archive is doing (`archive_status`)."""
        with self._database.read() as connection:
            return archive_status.archive_status(connection)
