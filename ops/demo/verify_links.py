# SPDX-License-Identifier: GPL-3.0-or-later
"""Has other people's code verify our links: `in-toto-sign` and `in-toto-verify`.

The layout says what a user would: one step per package file, made by the key our server
publishes, and the file I hold is what came out of it. It is signed with a key of its own, as
in-toto asks for. `in-toto-verify` then hashes the downloaded file itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from snapshot.public_key import keyid

# In-toto's own rule: a layout expires. Nobody keeps this one.
_EXPIRES = "2099-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Attested:
    """A downloaded package file and the link about it.

    Attributes:
        name: File name.
        content: Its bytes.
        link: The link file, as the server sent it.
    """

    name: str
    content: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """What the foreign verifier said.

    Attributes:
        holds: It ended with 0.
        said: Its last line.
    """

    holds: bool
    said: str


def tools_missing() -> tuple[str, ...]:
    """Programs of in-toto that are not beside this Python."""
    here = Path(sys.executable).parent
    return tuple(name for name in ("in-toto-sign", "in-toto-verify") if not (here / name).exists())


def verify_link(attested: Attested, public: bytes) -> Verification:
    """Verify one link against the file it speaks of.

    Args:
        attested: File and link.
        public: The 32 bytes of the key that the server publishes.
    """
    with tempfile.TemporaryDirectory(prefix="dejabuild-verify-") as folder:
        room = Path(folder)
        holding = room / "holding"  # in-toto records what lies here as the delivered product
        holding.mkdir()
        (holding / attested.name).write_bytes(attested.content)
        links = room / "links"
        links.mkdir()
        step = json.loads(attested.link)["signed"]["name"]
        (links / f"{step}.{keyid(public)[:8]}.link").write_bytes(attested.link)
        layout = room / "root.layout"
        layout.write_text(json.dumps(_layout(attested.name, step, public)), "utf-8")
        owner = _owner_key(room)
        signed = _tool("in-toto-sign", "-f", str(layout), "-k", str(owner), "-o", str(layout))
        if signed.returncode:
            return Verification(holds=False, said=_last(signed))
        result = _tool(
            "in-toto-verify",
            "--layout",
            str(layout),
            "--verification-keys",
            str(owner.with_suffix(".pub")),
            "--link-dir",
            str(links),
            cwd=holding,
        )
        return Verification(holds=result.returncode == 0, said=_last(result))


def _layout(name: str, step: str, public: bytes) -> dict[str, Any]:
    key_id = keyid(public)
    key = {
        "keyid": key_id,
        "keyid_hash_algorithms": ["sha256", "sha512"],
        "keytype": "ed25519",
        "scheme": "ed25519",
        "keyval": {"public": public.hex(), "private": ""},
    }
    rebuild = {
        "_type": "step",
        "name": step,
        "expected_command": [],
        "expected_materials": [],
        "expected_products": [["CREATE", name], ["DISALLOW", "*"]],
        "pubkeys": [key_id],
        "threshold": 1,
    }
    hold = {
        "_type": "inspection",
        "name": "what-i-hold",
        "run": ["true"],
        "expected_materials": [],
        "expected_products": [
            ["MATCH", name, "WITH", "PRODUCTS", "FROM", step],
            ["DISALLOW", name],
        ],
    }
    signed = {
        "_type": "layout",
        "expires": _EXPIRES,
        "inspect": [hold],
        "keys": {key_id: key},
        "readme": "The package file I hold is what the rebuilder's key says came out of a rebuild.",
        "steps": [rebuild],
    }
    return {"signatures": [], "signed": signed}


def _owner_key(room: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    path = room / "owner.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return path


def _tool(name: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / name), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _last(result: subprocess.CompletedProcess[str]) -> str:
    lines = (result.stderr + result.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {result.returncode}"
