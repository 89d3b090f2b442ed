# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian version strings: their order (deb-version(7)) and their parts.

The order is a key made once per string, so that sorting thousands costs no comparisons in
Python; a property test holds it equal to python-debian's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from snapshot.errors import InvalidInput

_VERSION = re.compile(r"(?:[0-9]+:)?[A-Za-z0-9.+~:_-]+")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_BINNMU = re.compile(r"\+b[0-9]+$")

#: Text in front of a number, and the number as its length and digits: a version is a
#: stranger's word, and Python refuses to make an integer of some thousand digits.
_Pair = tuple[tuple[int, ...], tuple[int, str]]

#: Ordered like the version it stands for.
VersionKey = tuple[int, tuple[_Pair, ...], tuple[_Pair, ...]]

_END: _Pair = ((0,), (0, ""))

#: dpkg accepts no larger epoch than 2**31 - 1.
_EPOCH_DIGITS = 10


def checked_version(text: str) -> str:
    """A version as dpkg would accept it (and a little more: old archives have `_`).

    Raises:
        InvalidInput: Empty or with characters outside `A-Za-z0-9.+~:_-`.
    """
    if not _VERSION.fullmatch(text):
        raise InvalidInput(f"not a version: {text[:80]!r}")
    return text


def split_version(version: str) -> tuple[int, str, str]:
    """(epoch, upstream version, Debian revision); an absent revision is empty."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal() or len(epoch) > _EPOCH_DIGITS:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch), upstream, revision


def version_key(version: str) -> VersionKey:
    """A key that sorts as dpkg orders versions; equal versions have equal keys."""
    epoch, upstream, revision = split_version(version)
    return epoch, _part_key(upstream), _part_key(revision)


def nearest_versions(wanted: str, known: Iterable[str]) -> list[str]:
    """The next older and the next newer of some versions, in this order, where there are such."""
    middle = version_key(wanted)
    ordered = sorted((version_key(one), one) for one in known)
    older = [one for key, one in ordered if key < middle]
    newer = [one for key, one in ordered if key > middle]
    return older[-1:] + newer[:1]


def without_epoch(version: str) -> str:
    """As it stands in file names."""
    head, colon, rest = version.partition(":")
    return rest if colon and head.isdecimal() else version


def without_binnmu(version: str) -> str:
    """The version of the source a binary-only rebuild was made from: `1-2+b3` → `1-2`."""
    return _BINNMU.sub("", version)


def _part_key(part: str) -> tuple[_Pair, ...]:
    """`~` sorts before the end, the end before letters, letters before all others."""
    # The last match is always the empty one at the end: exactly the pair that ends a key.
    pairs = [_pair(text, digits) for text, digits in _PARTS.findall(part)]
    if len(pairs) == 1:
        pairs.append(_END)
    return tuple(pairs)


def _pair(text: str, digits: str) -> _Pair:
    order = [-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in text]
    number = digits.lstrip("0")
    return (*order, 0), (len(number), number)
