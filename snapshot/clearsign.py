# SPDX-License-Identifier: GPL-3.0-or-later
"""The text inside an OpenPGP clearsigned document (RFC 9580, section 7), without any crypto.

Whether the signature holds is the mirror's business. What matters here is that nothing but
the signed text is ever parsed: what stands before the armour, after it, or in a second
message is ignored or refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.errors import InvalidInput

#: Larger documents are refused unread; the largest InRelease is below 1 MiB.
MAX_SIZE = 16 << 20

_WORDS = b"-----BEGIN PGP SIGNED MESSAGE-----"
_BEGIN = re.compile(rb"^" + _WORDS + rb"[ \t]*$", re.MULTILINE)
_SIGNATURE = re.compile(rb"^-----BEGIN PGP SIGNATURE-----[ \t]*$", re.MULTILINE)
_END = re.compile(rb"^-----END PGP SIGNATURE-----[ \t]*$", re.MULTILINE)
_ARMOUR_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]*: ?[ -~]*")


def is_clearsigned(data: bytes) -> bool:
    """Whether the document has the armour of a clearsigned message."""
    # Most documents are not, and the words alone are found ten times faster.
    return _WORDS in data and _BEGIN.search(data) is not None


@dataclass(frozen=True, slots=True)
class SignedText:
    """The part of a document that counts.

    Attributes:
        text: With dash-escaping undone, ending with a line end.
        first_line: Number of its first line in the whole document, from 1, for messages.
    """

    text: bytes
    first_line: int


def signed_text(data: bytes, *, name: str = "document", limit: int = MAX_SIZE) -> bytes:
    """The text of `signed_part` alone."""
    return signed_part(data, name=name, limit=limit).text


def signed_part(data: bytes, *, name: str = "document", limit: int = MAX_SIZE) -> SignedText:
    """The signed text of a clearsigned document, or a plain document as it is.

    Args:
        data: The whole document. Line ends CR LF are read as LF.
        name: How to call the document in errors.
        limit: Most bytes accepted.

    Raises:
        InvalidInput: Too large, truncated inside the armour, or several messages in one.
    """
    if len(data) > limit:
        raise InvalidInput(
            f"{name}: {len(data)} bytes, more than the {limit} accepted",
            advice="send the record itself, not a package or a log",
        )
    text = data.replace(b"\r\n", b"\n")
    begin = _BEGIN.search(text) if _WORDS in text else None
    if begin is None:
        return SignedText(text, 1)
    if _BEGIN.search(text, begin.end()) is not None:
        raise InvalidInput(f"{name}: more than one signed message", advice="send one record")
    signature = _SIGNATURE.search(text, begin.end())
    if signature is None or _END.search(text, signature.end()) is None:
        raise InvalidInput(
            f"{name}: a clearsigned document without the end of its signature",
            advice="it is truncated: fetch it again",
        )
    start = _after_armour_headers(text, begin.end(), signature.start(), name)
    first_line = text.count(b"\n", 0, start) + 1
    return SignedText(_unescape(text[start : signature.start()], first_line, name), first_line)


def _after_armour_headers(text: bytes, begin: int, end: int, name: str) -> int:
    """Where the text begins: after the first empty line, the armour headers being checked."""
    position = begin + 1
    while position < end:
        stop = text.find(b"\n", position)
        line = text[position:stop].rstrip(b" \t")
        position = stop + 1
        if not line:
            return position
        if not _ARMOUR_HEADER.fullmatch(line):
            number = text.count(b"\n", 0, position - 1) + 1
            raise InvalidInput(f"{name}, line {number}: not an armour header: {line[:60]!r}")
    raise InvalidInput(f"{name}: a clearsigned document without text")


def _unescape(body: bytes, first_line: int, name: str) -> bytes:
    """Undo dash-escaping; an unescaped dash cannot come from a signer."""
    lines = body.split(b"\n")
    for number, line in enumerate(lines):
        if line.startswith(b"- "):
            lines[number] = line[2:]
        elif line.startswith(b"-"):
            raise InvalidInput(
                f"{name}, line {first_line + number}: an unescaped dash inside the signed text"
            )
    return b"\n".join(lines)
