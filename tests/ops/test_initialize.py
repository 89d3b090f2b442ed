# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ops.initialize import initialize
from ops.settings import ServerSettings, Settings
from orchestrator.keys import load_keys
from snapshot.errors import ConfigurationError

pytestmark = pytest.mark.programs


def settings(tmp_path: Path) -> Settings:
    return Settings(server=ServerSettings(data=tmp_path / "data"))


def lasting(root: Path) -> dict[str, str]:
    """Everything that must survive: keys, secrets and databases, by their content."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    data = initialize(settings(tmp_path), clock=lambda: 1.7e9)
    before = lasting(data.root)
    assert {"auth-cookie", "signup-secret", "catalogue.sqlite", "ledger.sqlite"} <= set(before)
    initialize(settings(tmp_path), clock=lambda: 1.8e9)
    assert lasting(data.root) == before


def test_no_key_can_be_read_by_others(tmp_path: Path) -> None:
    data = initialize(settings(tmp_path), clock=lambda: 1.7e9)
    assert load_keys(data.keys).good.keyid != load_keys(data.keys).bad.keyid
    private = [data.keys / "good.key", data.keys / "bad.key"]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    assert data.keys.stat().st_mode & 0o077 == 0


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    there = settings(tmp_path)
    there = replace(there, server=replace(there.server, ledger="nonsense://"))
    with pytest.raises(ConfigurationError):
        initialize(there, clock=lambda: 1.7e9)
