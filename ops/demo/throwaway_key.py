# SPDX-License-Identifier: GPL-3.0-or-later
"""A signing key that lives as long as one archive is being written.

Only the public half is kept; nobody can sign more of the same archive later, not even we.
"""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OWNER = "dejabuild demo, throwaway key <demo@localhost>"


class ThrowawayKey:
    """An OpenPGP key in a GnuPG home of its own.

    Args:
        home: An empty directory with a short path (the agent's socket lies in it).
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._gpg(["--quick-gen-key", _OWNER, "ed25519", "sign", "never"])

    def public(self) -> bytes:
        """The public key, binary, as apt's `Signed-By` takes it."""
        return self._gpg(["--export"])

    def clearsign(self, text: bytes) -> bytes:
        """The text with its signature around it, as an InRelease."""
        return self._gpg(["--clearsign"], text)

    def detach(self, text: bytes) -> bytes:
        """The signature alone, armoured, as a Release.gpg."""
        return self._gpg(["--armor", "--detach-sign"], text)

    def _gpg(self, words: Sequence[str], data: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--no-tty"]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", *words]
        result = subprocess.run(command, input=data, capture_output=True, check=True)
        return result.stdout


@contextmanager
def throwaway_key() -> Iterator[ThrowawayKey]:
    """Make a key, and leave neither its secret nor its agent behind."""
    with tempfile.TemporaryDirectory(prefix="dejabuild-key-") as home:
        try:
            yield ThrowawayKey(Path(home))
        finally:
            subprocess.run(
                ["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, check=False
            )
