# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.settings import ServerSettings, Settings


@pytest.mark.programs
def test_what_is_opened_is_what_was_made(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path / "data"))
    initialize(settings, clock=lambda: 1.7e9)
    stores = open_stores(settings)
    assert stores.catalogue.archives() == ()
    assert stores.ledger.campaigns.list() == ()
    blob = stores.blobs.add([b"bytes"])
    assert open_stores(settings).blobs.contains(blob.digest)
