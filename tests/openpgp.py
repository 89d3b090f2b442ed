# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwaway OpenPGP keys: valid, expired, revoked. Their private halves vanish with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

_PREFIX = "dejabuild-key-"


def _remove_leftovers() -> None:
    """Homes of tests that were killed more than an hour ago."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - home.stat().st_mtime > 3600:
                shutil.rmtree(home, ignore_errors=True)


class ThrowawayKey:
    """A key in a short-lived home of its own (a short path: the agent's socket lies there)."""

    def __init__(
        self, name: str = "A test archive", *, made: int | None = None, expires: str = "never"
    ) -> None:
        _remove_leftovers()
        self.home = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._gpg("--quick-gen-key", name, "ed25519", "sign", expires, at=made)
        self.fingerprint = next(
            line.split(b":")[9].decode()
            for line in self._gpg("--with-colons", "--list-keys").splitlines()
            if line.startswith(b"fpr:")
        )

    def _gpg(self, *arguments: str, at: int | None = None, given: bytes = b"") -> bytes:
        command = ["gpg", "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback"]
        command += ["--passphrase", "", "--yes"]
        command += ["--faked-system-time", f"{at}!"] if at is not None else []
        try:
            return subprocess.run(
                [*command, *arguments],
                input=given,
                capture_output=True,
                check=True,
                env={**os.environ, "GNUPGHOME": str(self.home)},
            ).stdout
        finally:
            self._end_agent()  # now, not at the end: tests may be killed

    def _end_agent(self) -> None:
        subprocess.run(
            ["gpgconf", "--homedir", self.home, "--kill", "gpg-agent"],
            capture_output=True,
            check=False,
        )

    def public(self, *, armour: bool = False) -> bytes:
        return self._gpg(*(["--armor"] if armour else []), "--export")

    def inline(self, text: bytes, *, at: int | None = None, digest: str = "SHA512") -> bytes:
        return self._gpg("--digest-algo", digest, "--clearsign", at=at, given=text)

    def packed(self, text: bytes) -> bytes:
        """Signed and compressed in one: what gpgv unpacks before it looks at the signature."""
        return self._gpg("--compress-algo", "zlib", "-z", "9", "--sign", given=text)

    def detached(self, text: bytes, *, at: int | None = None, armour: bool = True) -> bytes:
        return self._gpg(*(["--armor"] if armour else []), "--detach-sign", at=at, given=text)

    def never_expire(self) -> None:
        """Take the expiry back in the private home only, to sign after it."""
        self._gpg("--quick-set-expire", self.fingerprint, "0", at=None)

    def revoke(self) -> None:
        made = self.home / "openpgp-revocs.d" / f"{self.fingerprint}.rev"
        self._gpg("--import", given=made.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))

    def close(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="session")
def throwaway_key() -> Iterator[ThrowawayKey]:
    key = ThrowawayKey()
    yield key
    key.close()
