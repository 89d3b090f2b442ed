# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person wants in a closure, in every form in which that can be said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirror.package_closure import package_definition
from mirror.stores import MirrorStores
from ops.read_record_file import read_record_file
from snapshot.closure import Definition, NamedRecord
from snapshot.errors import InvalidInput, NotFound
from snapshot.installed_list import read_installed_list
from snapshot.record import read_record
from storage.keep_record import keep_record

MOST_LIST: int = 64 << 20
"""Largest package list that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a closure is to hold, as a person says it.

    Attributes:
        records: Files, directories (all `*.buildinfo` below), globs, or `-` for standard input.
        dpkg_lists: Files in the formats of `snapshot.installed_list`, or `-`.
        packages: `name` or `name=version`.
        architecture: What a package without an architecture means, besides `all`.
        sources: Whether the sources of what records built are wanted.
    """

    records: tuple[str, ...] = ()
    dpkg_lists: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    architecture: str = "amd64"
    sources: bool = True


def define(wishes: Wishes, stores: MirrorStores) -> Definition:
    """Store the records that are wished for and write down the rest.

    Args:
        wishes: What is wanted.
        stores: Where records are kept, and what is known of packages.

    Returns:
        The definition.

    Raises:
        InvalidInput: A file that is not what it should be.
        NotFound: A package that nobody knows.
    """
    records = frozenset(
        _keep(name, data, stores) for word in wishes.records for name, data in _record_files(word)
    )
    needs = [
        need
        for word in wishes.dpkg_lists
        for need in read_installed_list(_read(word, MOST_LIST), word)
    ]
    wanted = Definition(records, frozenset(needs), wishes.architecture, wishes.sources)
    for word in wishes.packages:
        name, _, version = word.partition("=")
        wanted = wanted.joined(
            package_definition(stores, name, version, wishes.architecture, sources=wishes.sources)
        )
    if not (wanted.records or wanted.needs):
        raise InvalidInput(
            "nothing is wanted", advice="Name records, or use --dpkg-list or --package."
        )
    return wanted


def _keep(name: str, data: bytes, stores: MirrorStores) -> NamedRecord:
    record = read_record(data, name)
    file_name = Path(name).name if name.endswith(".buildinfo") else record.file_name
    digest = keep_record(
        stores.catalogue, stores.blobs, record, data, name=file_name, origin="closure"
    )
    return NamedRecord(file_name, digest)


def _record_files(word: str) -> Iterator[tuple[str, bytes]]:
    """The records that a word names."""
    path = Path(word)
    if word == "-":
        yield "standard input", _read(word, MOST_LIST)
        return
    if path.is_dir():
        found = sorted(path.rglob("*.buildinfo"))
    elif path.exists() or not any(mark in word for mark in "*?["):
        found = [path]
    else:
        found = sorted(Path(path.anchor or ".").glob(word.removeprefix(path.anchor)))
    if not found:
        raise NotFound(f"{word}: no build record there", advice="Records end in .buildinfo.")
    for one in found:
        yield str(one), read_record_file(one)


def _read(word: str, limit: int) -> bytes:
    try:
        if word == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(word).open("rb") as stream:
                data = stream.read(limit + 1)
    except OSError as problem:
        raise InvalidInput(f"{word}: cannot be read: {problem.strerror}") from problem
    if len(data) > limit:
        raise InvalidInput(f"{word}: larger than {limit >> 20} MiB")
    return data
