# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from mirror.verify_signature import verify_detached, verify_inline
from ops.demo.throwaway_key import throwaway_key

pytestmark = pytest.mark.programs


def test_both_forms_of_its_signatures_are_accepted(tmp_path: Path) -> None:
    keyring = tmp_path / "keyring.gpg"
    with throwaway_key() as key:
        keyring.write_bytes(key.public())
        inline, detached = key.clearsign(b"Origin: Debian\n"), key.detach(b"Origin: Debian\n")
    signed = verify_inline(inline, keyring, history=False, name="InRelease")
    assert signed.text == b"Origin: Debian\n"
    verify_detached(b"Origin: Debian\n", detached, keyring, history=False, name="Release")


def test_neither_secret_nor_agent_stays() -> None:
    before = set(Path(tempfile.gettempdir()).glob("dejabuild-key-*"))
    with throwaway_key():
        pass
    assert set(Path(tempfile.gettempdir()).glob("dejabuild-key-*")) <= before
