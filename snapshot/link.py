# SPDX-License-Identifier: GPL-3.0-or-later
"""Classic in-toto links, as rebuilderd's clients verify them.

One link states: from these materials (the build record or the source), this product (one
package file) came out. The signature is over the OLPC canonical JSON of `signed`; verifiers
serialise the parsed value again, so no key may be added to it.

`environment` is `{}` and only sha256 is recorded: this is the one shape that repro-threshold,
in-toto (Python) and in-toto-golang all accept. Links received from others keep their shape:
their bytes are opaque and only checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from snapshot.digest import Digest
from snapshot.errors import InvalidInput

#: A link of one artifact is about 1 KiB; beyond this nobody's link is read.
MAX_LINK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over a link.

    Attributes:
        keyid: 64 hexadecimal digits, see `snapshot.public_key.keyid`.
        sig: 128 hexadecimal digits.
    """

    keyid: str
    sig: str


@dataclass(frozen=True, slots=True)
class SignedLink:
    """A link with its signatures.

    Attributes:
        signed: The `signed` object as parsed JSON; never modified.
        signatures: In the order of signing: worker first, server after.
    """

    signed: Mapping[str, Any]
    signatures: tuple[Signature, ...] = ()

    def payload(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json(dict(self.signed))

    def with_signature(self, signature: Signature) -> SignedLink:
        """One more signature; the same key twice would make verifiers pick either."""
        if any(other.keyid == signature.keyid for other in self.signatures):
            return self
        return SignedLink(self.signed, (*self.signatures, signature))

    def to_json(self) -> bytes:
        """The file that clients download."""
        value = {
            "signatures": [{"keyid": s.keyid, "sig": s.sig} for s in self.signatures],
            "signed": dict(self.signed),
        }
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def products(self) -> dict[str, Digest]:
        """Product names with their SHA-256; products without one are left out."""
        return _hashed(self.signed.get("products"))

    def materials(self) -> dict[str, Digest]:
        """Material names with their SHA-256; materials without one are left out."""
        return _hashed(self.signed.get("materials"))

    @classmethod
    def from_json(cls, data: bytes) -> SignedLink:
        """Read a link file.

        Raises:
            InvalidInput: Not a classic in-toto link.
        """
        if len(data) > MAX_LINK_BYTES:
            raise InvalidInput(f"a link of {len(data)} bytes", advice=f"limit: {MAX_LINK_BYTES}")
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"the link is not JSON: {error}") from error
        signed = value.get("signed") if isinstance(value, dict) else None
        if not isinstance(signed, dict) or signed.get("_type") != "link":
            raise InvalidInput("not an in-toto link: `signed._type` is not `link`")
        try:
            signatures = tuple(
                Signature(str(item["keyid"]), str(item["sig"])) for item in value["signatures"]
            )
        except (KeyError, TypeError) as error:
            raise InvalidInput("the link has no readable `signatures`") from error
        return cls(MappingProxyType(signed), signatures)


def make_link(artifact: str, digest: Digest, materials: Mapping[str, Digest]) -> SignedLink:
    """An unsigned link for one artifact.

    Args:
        artifact: File name of the rebuilt package.
        digest: Its SHA-256.
        materials: File names of what it was built from, with their digests.
    """
    return SignedLink(
        MappingProxyType(
            {
                "_type": "link",
                "name": f"rebuild {artifact}",
                "materials": {name: {"sha256": d.hex} for name, d in sorted(materials.items())},
                "products": {artifact: {"sha256": digest.hex}},
                "environment": {},
                "byproducts": {},
                "command": [],
            }
        )
    )


def canonical_json(value: Any) -> bytes:
    r"""OLPC canonical JSON: sorted keys, no spaces, only `"` and `\` escaped.

    Raises:
        InvalidInput: A float, which canonical JSON cannot hold.
    """
    return _canonical(value).encode()


def _canonical(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, Mapping):
        members = (f"{_canonical(str(key))}:{_canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    raise InvalidInput(f"canonical JSON cannot hold a {type(value).__name__}")


def _hashed(files: Any) -> dict[str, Digest]:
    if not isinstance(files, Mapping):
        return {}
    found = {}
    for name, hashes in files.items():
        if isinstance(hashes, Mapping) and isinstance(hashes.get("sha256"), str):
            found[str(name)] = Digest(hashes["sha256"])
    return found
