# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from storage.database import Database
from storage.ledger import Ledger


@pytest.fixture
def ledger(ledger_database: Database) -> Ledger:
    return Ledger(ledger_database)
