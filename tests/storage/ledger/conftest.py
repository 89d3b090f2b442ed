# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from storage.database import Database
from storage.ledger import Ledger
from tests.storage.ledger.emptied_database import ledger_database, open_ledger

__all__ = ["ledger_database", "open_ledger"]


@pytest.fixture
def ledger(ledger_database: Database) -> Ledger:
    return Ledger(ledger_database)
