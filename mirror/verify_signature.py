# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a Release signed by a key of the keyring? Asked of gpgv, judged by its status lines.

gpgv exits 0 for keys that have expired or were revoked, and it knows only the machine's
clock. So the lines decide:

- a revoked key is refused, always; so is anything with a bad signature in it;
- a live Release needs a key that is valid now, and a digest that is worth something now;
- history accepts a key that has expired *since*: the signature must be older than the expiry.

gpgv unpacks before it checks. What a stranger sent may grow a thousandfold, so the text comes
through a pipe and ends where no signed text could go on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mirror.keyring import binary_keyring
from snapshot.errors import TransientError, Unsupported, VerificationError
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = b"[GNUPG:] "
_TIMEOUT = 60
#: Numbers of digests that nobody should sign with any more: MD5, SHA-1, RIPEMD-160.
_WEAK_DIGESTS = {"1", "2", "3"}


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
        TransientError: gpgv did not come to an end.
        Unsupported: No gpgv on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="gpgv-") as place:
        given = Path(place) / "document"
        given.write_bytes(document)
        text, status = _gpgv(Path(place), keyring, given)
        if len(text) > len(document):  # clearsigning only adds
            raise VerificationError(
                f"{name}: unpacks to more than its own {len(document):,} bytes",
                advice="nothing of it was used; it is an attack",
            )
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
    """Run gpgv.

    Returns:
        The signed text (inline only), at most a byte longer than the document, and the words
        of the status lines.
    """
    program = shutil.which("gpgv")
    if program is None:
        raise Unsupported("no gpgv program here", advice="install it: apt install gpgv")
    keys = place / "keyring.gpg"
    keys.write_bytes(binary_keyring(keyring))
    # A file takes the status, not a pipe: a thousand signatures must not fill it and block.
    with (place / "status").open("w+b") as status:
        command = [program, "--homedir", str(place), "--keyring", str(keys)]
        command += ["--status-fd", str(status.fileno())]
        command += ["--output", "-"] if len(files) == 1 else []
        text = _read_output(
            [*command, *map(str, files)], place, status.fileno(), files[0].stat().st_size + 1
        )
        status.seek(0)
        lines = [
            line.removeprefix(_PREFIX).decode("utf-8", "replace").split()
            for line in status.read().splitlines()
            if line.startswith(_PREFIX)
        ]
    return text, lines


def _read_output(command: list[str], place: Path, status: int, most: int) -> bytes:
    """What a program writes, up to a limit; it is ended there, and when it takes too long."""
    with subprocess.Popen(
        command,
        pass_fds=[status],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(place)},
    ) as process:
        assert process.stdout is not None  # noqa: S101  asked for above
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.start()
        try:
            text = process.stdout.read(most)
            if len(text) == most:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
    if process.returncode < 0 and len(text) < most:
        raise TransientError(
            f"gpgv was ended by signal {-process.returncode}, or after {_TIMEOUT} seconds",
            advice="the machine may be overloaded: run the same again",
        )
    return text


@dataclass(slots=True)
class _One:
    """The status lines of one signature."""

    result: str = ""
    fingerprint: str = ""
    signer: str = ""
    made: int = 0
    weak: bool = False
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
            current.weak = words[7] in _WEAK_DIGESTS
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
    if one.weak and not history:
        return False
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
    if one.weak and not one.result.startswith(("EXP", "REV")):
        return "signed over a digest that can be forged, such as SHA-1"
    return _RESULTS[one.result] or "no valid signature"
