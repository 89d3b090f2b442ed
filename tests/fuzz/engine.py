# SPDX-License-Identifier: GPL-3.0-or-later
"""Throws damaged documents at one parser: it reads them or refuses them, soon and in little memory.

Documents are real ones with a few edits that know about lines, fields and numbers, and plain
noise. What counts as a crash: any exception that is not the parser's own refusal, more CPU time
than a second, more memory than its limit (the kernel's limit on the address space, so libraries
in C are held to it as well), a refusal that says nothing or not where.
"""

from __future__ import annotations

import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapshot.errors import DejabuildError

#: CPU seconds that one document of some kilobytes may take; real ones take a thousandth.
MOST_SECONDS = 2.0
#: Bytes of a document after its edits: larger ones are the business of each parser's own limit.
MOST_BYTES = 256 << 10
_BYTES = ("insert", "replace", "delete", "truncate", "flip", "append", "repeat")
_LINES = ("number", "value", "double", "drop", "fold", "swap")
_PAGE = resource.getpagesize()

#: What breaks readers of text: ends of lines of all kinds, escapes, depth, huge and odd numbers.
TOKENS = (
    *(b"\n", b"\n\n", b"\r\n", b"\r", b"\0", b"\x0b", b"\x85", b"\xe2\x80\xa8", b"\t", b" ", b":"),
    *(b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xcc\x81"),
    *(b"-1", b"0", b"1e999", b"NaN", b"9" * 30, b"9" * 5000, b"18446744073709551616", b"0x10"),
    *("\u0661\u0662".encode(), "\u00b2".encode(), b"\xb2", b"1_000", b"+5", b" 7 ", b"-0"),
    *(b"../", b"/", b"//", b"/../..", b".", b"..", b"~", b"\\", b"%00", b"%2e%2e%2f", b"a" * 5000),
    *(b"[" * 5000, b'{"a":' * 3000, b"(" * 3000, b'"', b"'", b"`id`", b"$(id)", b";", b",", b"|"),
    *(b"null", b"true", b"{}", b"[]", b'"\\ud800"', b"\\u0000"),
    b"-----BEGIN PGP SIGNED MESSAGE-----",
    *(b"Thu, 01 Jan 0001 00:00:00 +2359", b"Fri, 31 Dec 9999 23:59:59 -2359", b"Sat, 30 Feb 2026"),
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """One parser under attack.

    Attributes:
        name: Of the parser, for people.
        covers: `module.py Class.function` of the public functions that it goes through.
        read: Reads a document and uses what came of it, as its callers do.
        seeds: Whole documents that it accepts.
        tokens: Words of its format.
        refuses: Its ways to say no.
        place: What each message must match, so that a person finds the fault.
        memory: Most bytes it may take on top of the document.
        is_text: Whether edits by line make sense.
        found: Documents that once crashed it.
    """

    name: str
    covers: tuple[str, ...]
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...] = ()
    refuses: tuple[type[BaseException], ...] = (DejabuildError,)
    place: str = "."
    memory: int = 64 << 20
    is_text: bool = True
    found: tuple[bytes, ...] = ()

    def check(self, document: bytes) -> bool:
        """Read one document; whether it was accepted.

        One that was slow is read again: the first may have paid for imports.
        """
        accepted, spent = self._timed(document)
        if spent >= MOST_SECONDS:
            accepted, spent = self._timed(document)
        assert spent < MOST_SECONDS, f"{spent:.1f} s of CPU for {len(document)} bytes"
        return accepted

    def _timed(self, document: bytes) -> tuple[bool, float]:
        """Whether it was accepted, and the CPU seconds of this thread that it took."""
        began = time.thread_time()
        accepted = True
        try:
            with address_space(self.memory):
                self.read(document)
        except self.refuses as refusal:
            accepted = False
            said = getattr(refusal, "message", str(refusal))
            assert re.search(self.place, said), f"says not where: {said!r}"
        return accepted, time.thread_time() - began


@contextmanager
def address_space(more: int) -> Iterator[None]:
    """Let this process grow by so many bytes and no further; beyond it memory is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * _PAGE + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def in_a_file(use: Callable[[Path], object], name: str = "doc") -> Callable[[bytes], None]:
    """A reader of bytes from one that reads a file of that name."""

    def read(data: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
            path = Path(place) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            use(path)

    return read


@dataclass(frozen=True)
class Edit:
    """One change; positions are shares of the document, so that they fit any length."""

    kind: str
    at: int
    length: int
    token: bytes = field(repr=False)

    def apply(self, data: bytes) -> bytes:
        """The document with this change."""
        return self._in_lines(data) if self.kind in _LINES else self._in_bytes(data)

    def _in_bytes(self, data: bytes) -> bytes:
        at = self.at * len(data) // 10_000
        before, here, after = data[:at], data[at : at + self.length], data[at + self.length :]
        match self.kind:
            case "insert":
                return before + self.token + here + after
            case "replace":
                return before + self.token + after
            case "delete":
                return before + after
            case "truncate":
                return before
            case "append":
                return data + self.token
            case "repeat":
                return before + self.token * (1 + self.length * 4) + here + after
        flipped = bytes([here[0] ^ (1 << self.length % 8)]) if here else b""
        return before + flipped + here[1:] + after

    def _in_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = self.at * len(lines) // 10_000
        match self.kind:
            case "number":
                return _at_match(rb"[0-9]+", data, self.at, self.token)
            case "value":
                lines[at] = re.sub(rb"([:=] ?).*", lambda m: m[1] + self.token, lines[at])
            case "double":
                lines.insert(at, lines[at])
            case "drop":
                del lines[at]
            case "fold":
                lines.insert(at + 1, b" " + self.token)
            case "swap":
                other = (at + self.length) % len(lines)
                lines[at], lines[other] = lines[other], lines[at]
        return b"\n".join(lines)


def _at_match(pattern: bytes, data: bytes, share: int, token: bytes) -> bytes:
    """The document with one of the matches of a pattern replaced."""
    found = list(re.finditer(pattern, data))
    if not found:
        return data + token
    match = found[share * len(found) // 10_000]
    return data[: match.start()] + token + data[match.end() :]


def documents(subject: Subject) -> st.SearchStrategy[bytes]:
    """Damaged documents of a subject: mostly edited ones, some noise."""
    harmless = tuple(token for token in TOKENS if token.isascii() and b"\0" not in token)
    words = st.one_of(*map(_one_of, (subject.tokens or TOKENS, harmless, TOKENS)))
    edits = st.builds(
        Edit,
        st.sampled_from((*_BYTES, *_LINES) if subject.is_text else _BYTES),
        st.integers(0, 9_999),
        st.integers(0, 60),
        words | st.binary(max_size=12),
    )
    seeds = _one_of(subject.seeds)
    one = st.builds(_edited, seeds, st.tuples(edits))
    some = st.builds(_edited, seeds, st.lists(edits, min_size=2, max_size=4))
    noise = st.binary(max_size=200) | st.lists(words, max_size=8).map(b"".join)
    return st.integers(0, 9).flatmap(lambda n: noise if n == 9 else some if n > 5 else one)


def _one_of(values: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Like `sampled_from`, without writing them all out in messages."""
    return st.integers(0, len(values) - 1).map(values.__getitem__)


def _edited(seed: bytes, edits: Sequence[Edit]) -> bytes:
    for edit in edits:
        seed = edit.apply(seed)[:MOST_BYTES]
    return seed


def attack(
    subject: Subject, cases: int, *, again: bool, whole_seeds: bool = True
) -> tuple[int, int]:
    """Try that many documents.

    Args:
        subject: The parser.
        cases: How many.
        whole_seeds: Whether every seed must be accepted as it is.
        again: Whether the same ones each time, as is right where a failure must be repeatable.

    Returns:
        How many were tried, and how many of them were accepted.
    """
    tried = accepted = 0
    for seed in subject.seeds:
        accepted_whole = subject.check(seed)
        assert accepted_whole or not whole_seeds, f"{subject.name} refuses a whole document"
    for document in subject.found:
        subject.check(document)

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=again,
        suppress_health_check=list(HealthCheck),
    )
    @given(documents(subject))
    def one(document: bytes) -> None:
        nonlocal tried, accepted
        tried += 1
        accepted += subject.check(document)

    one()
    return tried, accepted
