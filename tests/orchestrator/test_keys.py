# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from orchestrator.keys import SigningKey, load_keys
from snapshot.errors import ConfigurationError, InvalidInput
from snapshot.public_key import private_der


def fixed(count: int) -> bytes:
    return bytes(range(count))


def test_absent_keys_are_made_secret_and_kept(tmp_path: Path) -> None:
    first = load_keys(tmp_path / "keys")
    assert load_keys(tmp_path / "keys") == first
    assert first.good != first.bad
    for name in ("good.key", "bad.key"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600
    assert sorted(p.name for p in (tmp_path / "keys").iterdir()) == [
        "bad.key",
        "bad.pub",
        "good.key",
        "good.pub",
    ]


def test_the_golden_vector_of_rebuilderd(tmp_path: Path) -> None:
    keys = load_keys(tmp_path, random_bytes=fixed)
    private = base64.b64encode((tmp_path / "good.key").read_bytes()).decode()
    assert private == (
        "MFECAQEwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fgSEAA6EHv/POEL4d"
        "cN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    )
    assert keys.good.pem == (
        "-----BEGIN PUBLIC KEY-----\r\n"
        "MCwwBwYDK2VwBQADIQADoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==\r\n"
        "-----END PUBLIC KEY-----\r\n"
    )
    assert (tmp_path / "good.pub").read_bytes() == keys.good.pem.encode()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / "good.key").chmod(0o640)
    with pytest.raises(ConfigurationError, match="0640 lets others read"):
        load_keys(tmp_path)


def test_a_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / "good.key").write_bytes(b"damaged")
    with pytest.raises(ConfigurationError, match=r"good\.key"):
        load_keys(tmp_path)
    assert (tmp_path / "good.key").read_bytes() == b"damaged"


def test_a_secret_never_shows() -> None:
    key = SigningKey.from_seed(b"s" * 32)
    assert "ssss" not in repr(key)


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="31"):
        SigningKey.from_seed(b"s" * 31)


def test_of_two_that_make_a_key_at_once_the_first_wins(tmp_path: Path) -> None:
    other = SigningKey.from_seed(b"o" * 32)

    def meanwhile(count: int) -> bytes:
        path = tmp_path / "good.key"
        if not path.exists():
            path.write_bytes(private_der(other.seed, other.public))
            path.chmod(0o600)
        return b"m" * count

    assert load_keys(tmp_path, random_bytes=meanwhile).good == other
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".")] == []
