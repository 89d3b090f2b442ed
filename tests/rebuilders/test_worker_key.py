# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from pathlib import Path

import pytest

from rebuilders.worker_key import FILE_NAME, WorkerKey
from snapshot.digest import Digest
from snapshot.errors import ConfigurationError

SEED = bytes(range(32))


def test_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = WorkerKey.load_or_make(tmp_path / "new")
    path = tmp_path / "new" / FILE_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 83
    assert WorkerKey.load_or_make(tmp_path / "new").public == first.public
    assert [p.name for p in path.parent.iterdir()] == [FILE_NAME]


def test_a_key_of_rebuilderds_worker_is_taken_over(tmp_path: Path) -> None:
    golden = (
        "MFECAQEwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fgSEAA6EHv/POEL4dcN0Y50vA"
        "mWfk1jCbpQ1fHdyGZBJVMbg="
    )
    (tmp_path / FILE_NAME).write_bytes(base64.b64decode(golden))
    key = WorkerKey.load_or_make(tmp_path)
    assert key.public == WorkerKey(SEED).public
    assert key.header == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_another_file_of_that_name_is_refused_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"something else")
    with pytest.raises(ConfigurationError, match=r"rebuilder\.v2\.key"):
        WorkerKey.load_or_make(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"something else"


def test_the_same_statement_is_signed_the_same() -> None:
    link = WorkerKey(SEED).sign_link(
        "hello_1.0-1_amd64.deb",
        Digest.of(b"deb\n"),
        {"hello_1.0-1_amd64.buildinfo": Digest.of(b"buildinfo\n")},
    )
    assert link.signatures[0].keyid == (
        "607f42135d7855e1145188a58aaf4c055fec1edbd7041680576e486f7ea574d1"
    )
    assert link == WorkerKey(SEED).sign_link(
        "hello_1.0-1_amd64.deb",
        Digest.of(b"deb\n"),
        {"hello_1.0-1_amd64.buildinfo": Digest.of(b"buildinfo\n")},
    )
