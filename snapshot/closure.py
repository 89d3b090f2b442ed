# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures: the files that some builds need, as two texts.

The *definition* says what is wanted, whatever of it is known::

    dejabuild-closure 1
    architecture amd64
    binary apt 2.6.1 amd64
    record 9f… hello_2.10-3_amd64.buildinfo
    source hello 2.10-3

The *manifest* says which files that comes to, in the archive that names each; `-` stands for
none (records and the texts of environments)::

    dejabuild-manifest 1
    c0… 70936 pool/main/b/base-files/base-files_12.4+deb12u15_amd64.deb debian
    9f… 5478 record/hello_2.10-3_amd64.buildinfo -

Both are sorted bytewise, so that the same closure has the same texts; in paths, spaces and `%`
are written as in URLs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from snapshot.coordinates import checked_name
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.need import Need
from snapshot.pool_path import checked_file_name, safe_relative_path

#: Lines of a text; Debian's whole history of records needs fewer.
MAX_LINES = 2_000_000
#: The archive of files that are in none.
NO_ARCHIVE = "-"

_DEFINITION = "dejabuild-closure 1"
_MANIFEST = "dejabuild-manifest 1"
_SAFE = "/+~:@=,!"


@dataclass(frozen=True, slots=True, order=True)
class NamedRecord:
    """A build record whose environment and source are wanted.

    Attributes:
        name: File name.
        digest: Its bytes, a blob.
    """

    name: str
    digest: Digest

    def __post_init__(self) -> None:
        _word(checked_file_name(self.name))


@dataclass(frozen=True, slots=True)
class Definition:
    """What a closure is to hold.

    Attributes:
        records: Build records: what they installed, and their sources.
        needs: Single packages.
        architecture: What a need without an architecture means, besides `all`.
        sources: Whether the sources of what the records built are wanted.
    """

    records: frozenset[NamedRecord] = frozenset()
    needs: frozenset[Need] = frozenset()
    architecture: str = "amd64"
    sources: bool = True

    def __post_init__(self) -> None:
        checked_name(self.architecture, "architecture")
        for need in self.needs:
            for word in (need.name, need.version, need.architecture or "-"):
                _word(word)

    def text(self) -> bytes:
        """The canonical text."""
        lines = [f"record {one.digest} {one.name}" for one in self.records]
        lines += [_need_line(need) for need in self.needs]
        lines.append(f"architecture {self.architecture}")
        if not self.sources:
            lines.append("no-sources")
        return _text(_DEFINITION, lines)

    @classmethod
    def from_text(cls, data: bytes, name: str = "closure") -> Definition:
        """Read the text back.

        Raises:
            InvalidInput: With the number of the first bad line.
        """
        found = cls()
        records: set[NamedRecord] = set()
        needs: set[Need] = set()
        for number, line in _lines(data, _DEFINITION, name):
            with located(f"{name}, line {number}"):
                match line.split(" "):
                    case ["record", digest, file_name]:
                        records.add(NamedRecord(file_name, Digest(digest)))
                    case ["binary", package, version, architecture]:
                        wanted = None if architecture == "-" else _word(architecture)
                        needs.add(Need(_word(package), _word(version), wanted))
                    case ["source", package, version]:
                        needs.add(Need(_word(package), _word(version), kind="source"))
                    case ["architecture", word]:
                        found = replace(found, architecture=checked_name(word, "architecture"))
                    case ["no-sources"]:
                        found = replace(found, sources=False)
                    case _:
                        raise InvalidInput(f"{line[:80]!r} is no wish we know")
        return replace(found, records=frozenset(records), needs=frozenset(needs))

    def joined(self, other: Definition) -> Definition:
        """What either wants.

        Raises:
            InvalidInput: They mean different machines by packages without an architecture.
        """
        mine, theirs = (_has_open(one) for one in (self, other))
        if mine and theirs and self.architecture != other.architecture:
            raise InvalidInput(
                f"one closure is for {self.architecture}, the other for {other.architecture}",
                advice="give them different names, or every package its architecture",
            )
        return Definition(
            records=self.records | other.records,
            needs=self.needs | other.needs,
            architecture=other.architecture if theirs else self.architecture,
            sources=self.sources or other.sources,
        )


@dataclass(frozen=True, slots=True, order=True)
class ManifestLine:
    """One file of a closure.

    Attributes:
        digest: Its bytes.
        size: Length in bytes.
        path: Relative to the archive's root; of files in no archive, a name for people.
        archive: The archive that names it, or `-`.
    """

    digest: Digest
    size: int
    path: str
    archive: str

    def __post_init__(self) -> None:
        safe_relative_path(self.path)
        if self.archive != NO_ARCHIVE:
            checked_name(self.archive, "archive")

    def line(self) -> str:
        """As in the text."""
        return f"{self.digest} {self.size} {quote(self.path, safe=_SAFE)} {self.archive}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a closure.

    Attributes:
        files: In any order; a digest once.
    """

    files: frozenset[ManifestLine]

    def text(self) -> bytes:
        """The canonical text."""
        return _text(_MANIFEST, [file.line() for file in self.files])

    @classmethod
    def from_text(cls, data: bytes, name: str = "manifest") -> Manifest:
        """Read the text back.

        Raises:
            InvalidInput: With the number of the first bad line.
        """
        files: dict[Digest, ManifestLine] = {}
        for number, line in _lines(data, _MANIFEST, name):
            words = line.split(" ")
            if len(words) != 4 or not words[1].isdecimal() or len(words[1]) > 18:
                raise InvalidInput(
                    f"{name}, line {number}: {line[:80]!r}",
                    advice="expected `sha256 size path archive`",
                )
            with located(f"{name}, line {number}"):
                path = unquote(words[2], errors="strict")
                file = ManifestLine(Digest(words[0]), int(words[1]), path, words[3])
            if files.setdefault(file.digest, file) is not file:
                raise InvalidInput(f"{name}, line {number}: {words[0]} is listed twice")
        return cls(frozenset(files.values()))

    @property
    def digests(self) -> frozenset[Digest]:
        """Of all files."""
        return frozenset(file.digest for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Say where bad input was found."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error.message}", advice=error.advice) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: not UTF-8") from error


def _has_open(definition: Definition) -> bool:
    return any(need.kind == "binary" and need.architecture is None for need in definition.needs)


def _need_line(need: Need) -> str:
    if need.kind == "source":
        return f"source {need.name} {need.version}"
    return f"binary {need.name} {need.version} {need.architecture or '-'}"


def _word(word: str) -> str:
    if not word or not word.isascii() or not word.isprintable() or " " in word:
        raise InvalidInput(f"not a word of a closure: {word[:80]!r}")
    return word


def _text(header: str, lines: Iterable[str]) -> bytes:
    body = sorted(line.encode("ascii") for line in lines)
    return b"".join(line + b"\n" for line in (header.encode("ascii"), *body))


def _lines(data: bytes, header: str, name: str) -> Iterable[tuple[int, str]]:
    """The lines after the header with their numbers, once the whole form is known to be good."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name}: byte {error.start} is not ASCII") from error
    if lines[0] != header:
        raise InvalidInput(f"{name}, line 1: {lines[0][:60]!r}", advice=f"expected `{header}`")
    body = lines[1:-1]
    if lines[-1] != "" or len(body) > MAX_LINES or body != sorted(set(body)):
        raise InvalidInput(
            f"{name}: it must end with a line end, its lines must be unique and sorted, "
            f"at most {MAX_LINES:,}"
        )
    return enumerate(body, start=2)
