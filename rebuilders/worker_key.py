# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's own key: its name towards the server, and its signature under links.

The file is the one that rebuilderd's worker keeps (`rebuilder.v2.key`, PKCS#8 version 2), so
a worker may change programs and stay who it is.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from snapshot.digest import Digest
from snapshot.errors import ConfigurationError, InvalidInput
from snapshot.link import Signature, SignedLink, make_link
from snapshot.public_key import keyid, private_der, seed_from_private_der

FILE_NAME = "rebuilder.v2.key"


class WorkerKey:
    """An Ed25519 key.

    Args:
        seed: 32 secret bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    @property
    def header(self) -> str:
        """Value of `X-Worker-Key`."""
        return base64.b64encode(self.public).decode("ascii")

    def sign_link(
        self, artifact: str, digest: Digest, materials: Mapping[str, Digest]
    ) -> SignedLink:
        """State that this artifact came out of these materials.

        Args:
            artifact: File name of what was rebuilt, bit for bit.
            digest: Its SHA-256.
            materials: What it was built from, by file name.
        """
        link = make_link(artifact, digest, materials)
        signature = self._private.sign(link.payload()).hex()
        return link.with_signature(Signature(keyid(self.public), signature))

    @classmethod
    def load_or_make(cls, folder: Path) -> WorkerKey:
        """The key of a worker's directory; made on the first start.

        Raises:
            ConfigurationError: A file of that name is there and is not such a key.
        """
        path = folder / FILE_NAME
        try:
            return cls(seed_from_private_der(path.read_bytes()))
        except FileNotFoundError:
            pass
        except InvalidInput as error:
            raise ConfigurationError(
                f"{path}: {error.message}", advice="move the file away to make a new key"
            ) from error
        folder.mkdir(parents=True, exist_ok=True)
        key = cls(os.urandom(32))
        # Complete before it has its name: a start that was cut short leaves no half a key.
        partial = folder / f".{FILE_NAME}.{os.getpid()}"
        descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(private_der(key._seed, key.public))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(partial, path)
        except FileExistsError:
            return cls.load_or_make(folder)
        finally:
            partial.unlink()
        return key
