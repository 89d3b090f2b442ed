# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's two Ed25519 keys: one for good statements, one for bad ones.

Clients take the public key once and keep it: a lost key silently breaks everybody who
trusted it, so it is made once, never replaced, and belongs into the backup.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from snapshot.errors import ConfigurationError, InvalidInput
from snapshot.public_key import keyid, private_der, rebuilderd_pem, seed_from_private_der


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair.

    Attributes:
        seed: The 32 secret bytes; never shown.
        public: The 32 public bytes.
    """

    seed: bytes = field(repr=False)
    public: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The pair that 32 secret bytes make."""
        if len(seed) != 32:
            raise InvalidInput(f"an Ed25519 seed has 32 bytes, not {len(seed)}")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(seed, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def keyid(self) -> str:
        """Its in-toto id: 64 hexadecimal digits."""
        return keyid(self.public)

    @property
    def pem(self) -> str:
        """The public key as rebuilderd's clients read it."""
        return rebuilderd_pem(self.public)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a server.

    Attributes:
        good: Signs links of reproduced packages; published as `current`.
        bad: Signs statements about packages that differ.
    """

    good: SigningKey
    bad: SigningKey


def load_keys(directory: Path, *, random_bytes: Callable[[int], bytes] = os.urandom) -> Keys:
    """Read the keys, making those that are absent.

    Args:
        directory: Made with mode 0700 if absent; holds `good.key`, `good.pub`, `bad.key`, ….
        random_bytes: Source of a new secret.

    Raises:
        ConfigurationError: A key file that is damaged or that others can read.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(
        good=_load(directory / "good.key", random_bytes),
        bad=_load(directory / "bad.key", random_bytes),
    )


def _load(path: Path, random_bytes: Callable[[int], bytes]) -> SigningKey:
    if not path.exists():
        _make(path, random_bytes)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigurationError(
            f"{path}: mode {mode:04o} lets others read the key", advice=f"chmod 600 {path}"
        )
    try:
        key = SigningKey.from_seed(seed_from_private_der(path.read_bytes()))
    except InvalidInput as error:
        raise ConfigurationError(
            f"{path}: {error.message}", advice="restore it from the backup; do not replace it"
        ) from error
    public = path.with_suffix(".pub")
    if not public.exists():
        public.write_text(key.pem, encoding="ascii", newline="")
    return key


def _make(path: Path, random_bytes: Callable[[int], bytes]) -> None:
    """Write a new key whole or not at all; the first of two processes wins."""
    key = SigningKey.from_seed(random_bytes(32))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private_der(key.seed, key.public))
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: it refuses to replace a key that somebody made meanwhile.
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
