# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact set of packages a build needs, and its identity.

The identity is the SHA-256 of this text, which is itself stored as a blob::

    dejabuild-environment 1 deb
    apt-utils amd64 2.6.1 9f…
    base-files amd64 12.4+deb12u15 c0…

The first line names the kind; the others are sorted bytewise. How a chroot is made from
the set follows from the set and is not part of the identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

from snapshot.digest import Digest
from snapshot.errors import InvalidInput

Kind = Literal["deb", "arch", "rpm"]

#: More members than any real build environment has; a larger text is refused unread.
MAX_MEMBERS = 50_000

_LINE = re.compile(r"([!-~]+) ([!-~]+) ([!-~]+) ([!-~]+)")
_LINES = re.compile(r"(?:[!-~]+ [!-~]+ [!-~]+ [!-~]+\n)*")
_HEADER = "dejabuild-environment 1 "


class Member(NamedTuple):
    """One installed package; `Environment` refuses names that are no words.

    A named tuple: an answer makes hundreds, and making and hashing them is its time.

    Attributes:
        name: Package name.
        architecture: As the package file says: `amd64`, `all`, `any`, `x86_64` …
        version: Full version with epoch and revision.
        digest: SHA-256 of the package file.
    """

    name: str
    architecture: str
    version: str
    digest: Digest

    def line(self) -> str:
        """`name architecture version sha256`, without the line end."""
        return f"{self.name} {self.architecture} {self.version} {self.digest.hex}"


@dataclass(frozen=True, slots=True)
class Difference:
    """How two environments differ.

    Attributes:
        missing: Members that the first has and the second lacks, sorted.
        extra: Members that only the second has, sorted.
    """

    missing: tuple[Member, ...]
    extra: tuple[Member, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


@dataclass(frozen=True)
class Environment:
    """An exact set of packages.

    Attributes:
        kind: Which package manager installs it.
        members: The packages; two of one (name, architecture) are refused.
    """

    kind: Kind
    members: frozenset[Member]

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InvalidInput(f"unknown kind of environment: {str(self.kind)[:40]!r}")
        # All at once: hundreds are right, and hardly ever one is not.
        if self._lines.count("\n") > len(self.members) or not _LINES.fullmatch(self._lines):
            self._refuse_odd()
        if len({member[:2] for member in self.members}) < len(self.members):
            self._refuse_double()

    def _refuse_odd(self) -> None:
        for member in self.members:
            if not _LINE.fullmatch(member.line()):
                words = f"{member.name} {member.architecture} {member.version}"
                raise InvalidInput(f"not three words of an environment: {words[:80]!r}")

    def _refuse_double(self) -> None:
        seen: dict[tuple[str, str], Member] = {}
        for member in sorted(self.members):
            other = seen.setdefault((member.name, member.architecture), member)
            if other is not member:
                raise InvalidInput(
                    f"an environment cannot hold {member.name}:{member.architecture} twice: "
                    f"{other.version} and {member.version}"
                )

    def text(self) -> bytes:
        """The canonical text; its SHA-256 is the identity."""
        return self._text

    @cached_property
    def _lines(self) -> str:
        # Of ASCII the order of words is that of bytes.
        lines = [f"{name} {arch} {version} {d.hex}" for name, arch, version, d in self.members]
        return "\n".join([*sorted(lines), ""])

    @cached_property
    def _text(self) -> bytes:
        return f"{_HEADER}{self.kind}\n{self._lines}".encode("ascii")

    @cached_property
    def id(self) -> Digest:
        """The identity: the digest of `text()`."""
        return Digest.of(self._text)

    @classmethod
    def from_text(cls, data: bytes) -> Environment:
        """Read the canonical text back; anything but the canonical form is refused.

        Raises:
            InvalidInput: With the number of the first bad line.
        """
        try:
            lines = data.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InvalidInput(f"environment text, line {line}: not ASCII") from error
        kind = lines[0].removeprefix(_HEADER)
        if not lines[0].startswith(_HEADER) or kind not in get_args(Kind):
            raise InvalidInput(
                f"environment text, line 1: {lines[0][:60]!r}",
                advice=f"expected `{_HEADER}deb`, `arch` or `rpm`",
            )
        if lines[-1] != "" or len(lines) - 2 > MAX_MEMBERS:
            raise InvalidInput(
                f"environment text of {len(lines)} lines: it must end with a line end and hold "
                f"at most {MAX_MEMBERS} members"
            )
        members = frozenset(
            _member(line, number) for number, line in enumerate(lines[1:-1], start=2)
        )
        environment = cls(kind=kind, members=members)  # type: ignore[arg-type]  # checked above
        if environment.text() != data:
            raise InvalidInput(
                "environment text is not canonical: lines must be unique and sorted bytewise"
            )
        return environment

    def difference(self, other: Environment) -> Difference:
        """What `other` lacks of this one, and what it has beyond it."""
        return Difference(
            missing=tuple(sorted(self.members - other.members)),
            extra=tuple(sorted(other.members - self.members)),
        )


def _member(line: str, number: int) -> Member:
    words = _LINE.fullmatch(line)
    if words is None:
        raise InvalidInput(
            f"environment text, line {number}: {line[:80]!r}",
            advice="expected `name architecture version sha256`",
        )
    try:
        return Member(words[1], words[2], words[3], Digest(words[4]))
    except InvalidInput as error:
        raise InvalidInput(f"environment text, line {number}: {error.message}") from error
