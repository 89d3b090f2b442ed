# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what people and other machines bring: closures, package lists, bundles."""

from __future__ import annotations

import io

import zstandard

from mirror.bundle_stream import BundleReader
from snapshot.bundle import BundleManifest
from snapshot.closure import Definition, Manifest
from snapshot.installed_list import read_installed_list
from snapshot.relations import read_relations
from tests.fuzz.engine import Subject
from tests.mirror import test_bundle_stream
from tests.snapshot import test_bundle, test_closure

_DIGEST = b"a" * 64


def _bundle(packed: bytes) -> list[int]:
    reader = BundleReader(io.BytesIO(packed), "doc")
    return [sum(map(len, pieces)) for _, pieces in reader.blobs()]


CARRYING = (
    Subject(
        "definition of a closure",
        ("snapshot/closure.py Definition.from_text",),
        lambda data: Definition.from_text(data, "doc").text(),
        (test_closure.DEFINITION.text(),),
        (b"\nsource a 1", b"\nrecord " + _DIGEST + b" x", b"\nno-sources", b"\nbinary a 1 -"),
        place=r"^doc[:,]",
    ),
    Subject(
        "manifest of a closure",
        ("snapshot/closure.py Manifest.from_text",),
        lambda data: Manifest.from_text(data, "doc").text(),
        (test_closure.MANIFEST.text(),),
        (_DIGEST + b" 1 pool/a debian\n", b"%2e%2e/", b"%ff", b" -\n"),
        place=r"^doc[:,]",
    ),
    Subject(
        "manifest of a bundle",
        ("snapshot/bundle.py BundleManifest.from_text",),
        lambda data: BundleManifest.from_text(data, "doc").text(),
        (test_bundle.MANIFEST.text(),),
        (b"\nrun debian 20260711T101637Z none", b"\nblob " + _DIGEST + b" 1", b"\nmember a b "),
        place=r"^doc: ",
    ),
    Subject(
        "package list",
        ("snapshot/installed_list.py .read_installed_list",),
        lambda data: read_installed_list(data, "doc"),
        (b"apt 2.6.1 amd64\nlibc6:amd64\t2.36-9\ngcc=4:12.2.0-3\n# x\n",),
        (b":any", b"ii  a 1", b"=", b" 1 amd64\n"),
        place=r"^doc[:,]",
    ),
    Subject(
        "dependency field",
        ("snapshot/relations.py .read_relations",),
        lambda data: [
            one.accepts("1:2-3")
            for group in read_relations(data.decode("utf-8", "replace"), "amd64")
            for one in group
        ],
        (b"a (>= 1) | b:any [linux-any] <!nocheck>, c (<< 2~) <cross> <!nodoc>",),
        (b" | ", b" (= ", b"[!amd64]", b"<!x> ", b"," * 40, b"(>= " * 40),
    ),
    Subject(
        "bundle, unpacked",
        ("mirror/bundle_stream.py BundleReader",),
        lambda data: _bundle(zstandard.compress(data)),
        (test_bundle_stream.plain(),),
        (b"MANIFEST", b"blobs/" + _DIGEST, b"\0" * 512, b"../../x", b"ustar  \0"),
        place=r"^doc[:,]",
        memory=256 << 20,
        is_text=False,
    ),
    Subject(
        "bundle",
        ("mirror/bundle_stream.py BundleReader",),
        _bundle,
        (test_bundle_stream.bundle(),),
        (b"\x28\xb5\x2f\xfd", b"\xff" * 8),
        place=r"^doc[:,]",
        memory=256 << 20,
        is_text=False,
    ),
)
