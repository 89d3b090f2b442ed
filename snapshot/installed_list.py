# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of installed packages, as `dpkg-query` writes them and people copy them.

Accepted, a package a line, blanks and tabs alike: `name version architecture`, `name version`,
`name=version`; each name may carry `:architecture`. Lines that begin with `#` do not count.
The table of `dpkg -l` is refused: it cuts long names off.
"""

from __future__ import annotations

import re

from snapshot.deb_version import checked_version
from snapshot.errors import InvalidInput
from snapshot.need import Need

_NAME = re.compile(r"([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?")
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*")
#: What dpkg -l begins its lines with.
_TABLE = re.compile(r"(?:Desired=|\||[uirph][ncHUFWti][ R] )")
HOW_TO_LIST = r"dpkg-query -W -f '${binary:Package} ${Version} ${Architecture}\n'"


def read_installed_list(data: bytes, name: str = "package list") -> list[Need]:
    """The packages of a list, in its order.

    Args:
        data: The file.
        name: How to call it in errors.

    Raises:
        InvalidInput: With the number of the first bad line.
    """
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name}: byte {error.start} is not ASCII") from error
    needs = [
        _need(line, f"{name}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not needs:
        raise InvalidInput(f"{name}: no package in it", advice=f"make it with: {HOW_TO_LIST}")
    return needs


def _need(line: str, where: str) -> Need:
    if _TABLE.match(line):
        raise InvalidInput(
            f"{where}: a table of `dpkg -l`, which cuts names off",
            advice=f"make the list with: {HOW_TO_LIST}",
        )
    words = line.split()
    if len(words) == 1 and "=" in words[0]:
        words = words[0].split("=", 1)
    named = _NAME.fullmatch(words[0])
    given = words[2] if len(words) == 3 else named[2] if named else None
    if named is None or not 2 <= len(words) <= 3:
        raise InvalidInput(
            f"{where}: {line[:80]!r} is not `name version architecture`",
            advice=f"make the list with: {HOW_TO_LIST}",
        )
    if given is not None and not _ARCHITECTURE.fullmatch(given):
        raise InvalidInput(f"{where}: not an architecture: {given[:40]!r}")
    try:
        version = checked_version(words[1])
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error.message}") from error
    return Need(named[1], version, given)
