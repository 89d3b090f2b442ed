# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a Release signed by a key of the keyring? Asked of gpgv, judged by its status lines.

gpgv exits 0 for keys that have expired or were revoked, and it knows only the machine's
clock. So the lines decide:

- a revoked key is refused, always; so is anything with a bad signature in it;
- a live Release needs a key that is valid now;
- history accepts a key that has expired *since*: the signature must be older than the expiry.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mirror.keyring import binary_keyring
from snapshot.errors import Unsupported, VerificationError
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = b"[GNUPG:] "
_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed.

    Attributes:
        fingerprint: Of the primary key, upper-case hexadecimal.
        made: When the signer says that it signed.
        expired_since: Whether the key has expired after that.
    """

    fingerprint: str
    made: Timestamp
    expired_since: bool


@dataclass(frozen=True, slots=True)
class SignedText:
    """What a signature covers.

    Attributes:
        text: The signed bytes and nothing else.
        signature: The one that was accepted.
    """

    text: bytes
    signature: Signature


def verify_inline(document: bytes, keyring: Path, *, history: bool, name: str) -> SignedText:
    """Verify an `InRelease`.

    Args:
        document: The whole clearsigned file.
        keyring: Keys to believe, binary or armoured.
        history: Whether a key that has expired since is good enough.
        name: How to call the document in messages.

    Raises:
        VerificationError: Unsigned, or by nobody we believe; says why.
        Unsupported: No gpgv on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="gpgv-") as place:
        given = Path(place) / "document"
        given.write_bytes(document)
        text, status = _gpgv(Path(place), keyring, given)
        return SignedText(text, _judge(status, history=history, name=name, keyring=keyring))


def verify_detached(
    text: bytes, signature: bytes, keyring: Path, *, history: bool, name: str
) -> SignedText:
    """Verify a `Release` against its `Release.gpg`; otherwise like `verify_inline`."""
    with tempfile.TemporaryDirectory(prefix="gpgv-") as place:
        given, apart = Path(place) / "document", Path(place) / "signature"
        given.write_bytes(text)
        apart.write_bytes(signature)
        _, status = _gpgv(Path(place), keyring, apart, given)
        return SignedText(text, _judge(status, history=history, name=name, keyring=keyring))


def _gpgv(place: Path, keyring: Path, *files: Path) -> tuple[bytes, list[list[str]]]:
    """Run gpgv; returns the signed text (inline only) and the words of its status lines."""
    program = shutil.which("gpgv")
    if program is None:
        raise Unsupported("no gpgv program here", advice="install it: apt install gpgv")
    keys = place / "keyring.gpg"
    keys.write_bytes(binary_keyring(keyring))
    output = place / "text"
    # A file takes the status, not a pipe: a thousand signatures must not fill it and block.
    with (place / "status").open("w+b") as status:
        command = [program, "--homedir", str(place), "--keyring", str(keys)]
        command += ["--status-fd", str(status.fileno())]
        command += ["--output", str(output)] if len(files) == 1 else []
        subprocess.run(
            [*command, *map(str, files)],
            pass_fds=[status.fileno()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(place)},
        )
        status.seek(0)
        lines = [
            line.removeprefix(_PREFIX).decode("utf-8", "replace").split()
            for line in status.read().splitlines()
            if line.startswith(_PREFIX)
        ]
    return (output.read_bytes() if output.exists() else b""), lines


@dataclass(slots=True)
class _One:
    """The status lines of one signature."""

    result: str = ""
    fingerprint: str = ""
    signer: str = ""
    made: int = 0
    expiries: list[int] = field(default_factory=list)


def _signatures(status: list[list[str]]) -> Iterator[_One]:
    current = _One()
    for keyword, *words in filter(None, status):
        if keyword == "NEWSIG":
            if current.result:
                yield current
            current = _One()
        elif keyword in _RESULTS:
            current.result = keyword
            current.signer = words[0] if words else ""
        elif keyword == "KEYEXPIRED" and words and words[0].isdigit():
            current.expiries.append(int(words[0]))
        elif keyword == "VALIDSIG" and len(words) >= 10 and words[2].isdigit():
            current.fingerprint, current.made = words[9], int(words[2])
    if current.result:
        yield current


_RESULTS = {
    "GOODSIG": "",
    "EXPKEYSIG": "the key has expired",
    "EXPSIG": "the signature has expired",
    "REVKEYSIG": "the key was revoked",
    "BADSIG": "the signature does not fit the text",
    "ERRSIG": "the key is not in the keyring, or the signature is broken",
}


def _judge(status: list[list[str]], *, history: bool, name: str, keyring: Path) -> Signature:
    """The first acceptable signature."""
    found = list(_signatures(status))
    if not found:
        raise VerificationError(
            f"{name}: not signed", advice="nothing of it was used; ask the archive's operators"
        )
    if not any(one.result == "BADSIG" for one in found):
        for one in found:
            if one.fingerprint and _acceptable(one, history=history):
                return Signature(
                    one.fingerprint, Timestamp(one.made), expired_since=one.result == "EXPKEYSIG"
                )
    reasons = "; ".join(f"{one.signer}: {_why_not(one, history=history)}" for one in found)
    raise VerificationError(
        f"{name}: no signature that {keyring} can vouch for ({reasons})",
        advice="nothing of it was used; is the keyring the right and current one?",
    )


def _acceptable(one: _One, *, history: bool) -> bool:
    if one.result == "GOODSIG":
        return True
    return (
        history
        and one.result == "EXPKEYSIG"
        and bool(one.expiries)
        and one.made < min(one.expiries)
    )


def _why_not(one: _One, *, history: bool) -> str:
    if one.result == "EXPKEYSIG" and history:
        return "the key had expired when it signed"
    return _RESULTS[one.result] or "no valid signature"
