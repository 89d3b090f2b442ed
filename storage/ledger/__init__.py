# SPDX-License-Identifier: GPL-3.0-or-later
"""The job ledger: what is to be rebuilt, who does it, what came of it.

`Ledger` holds one object per noun; each opens its own short transactions. It shares digests
with the catalogue, never foreign keys, and holds no body: logs, links and artifacts lie in
the blob store.
"""

from __future__ import annotations

from collections.abc import Iterator

from snapshot.digest import Digest
from storage.database import Database
from storage.ledger.attempts import Attempts
from storage.ledger.builds import Builds
from storage.ledger.campaigns import Campaigns
from storage.ledger.dashboard import Dashboard
from storage.ledger.inventory import LedgerInventory
from storage.ledger.leases import Leases
from storage.ledger.needed import needed_digests
from storage.ledger.packages import Packages
from storage.ledger.page import Filter, Page
from storage.ledger.queue import Queue
from storage.ledger.targets import Targets
from storage.ledger.workers import Workers

__all__ = ["Filter", "Ledger", "Page"]


class Ledger:
    """Everything the rebuild half remembers.

    Args:
        database: Opened with `kind="ledger"` and upgraded.

    Attributes:
        targets: What is to be reproduced.
        queue: Open jobs: list, push, drop.
        leases: Claims of workers.
        attempts: Recording attempts, evidence, attestations.
        workers: Who builds.
        campaigns: Sets of targets.
        builds: Reading attempts.
        packages: Reading source and binary packages.
        dashboard: Counts.
        inventory: How much evidence there is.
    """

    def __init__(self, database: Database) -> None:
        self.targets = Targets(database)
        self.queue = Queue(database)
        self.leases = Leases(database)
        self.attempts = Attempts(database)
        self.workers = Workers(database)
        self.campaigns = Campaigns(database)
        self.builds = Builds(database)
        self.packages = Packages(database)
        self.dashboard = Dashboard(database)
        self.inventory = LedgerInventory(database)
        self._database = database

    def needed_digests(self) -> Iterator[Digest]:
        """Every stored digest that the ledger refers to, with repeats (`needed`)."""
        with self._database.read() as connection:
            yield from needed_digests(connection)
