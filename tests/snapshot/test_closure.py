# SPDX-License-Identifier: GPL-3.0-or-later
"""Both texts of a closure are canonical: one set, one form, and nothing else is read."""

from __future__ import annotations

import pytest

from snapshot.closure import Definition, Manifest, ManifestLine, NamedRecord
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.need import Need

A, B = Digest.of(b"a"), Digest.of(b"b")
DEFINITION = Definition(
    frozenset({NamedRecord("hello_2.10-3_amd64.buildinfo", A)}),
    frozenset(
        {Need("apt", "2.6.1", "amd64"), Need("b", "1"), Need("hello", "2.10-3", None, "source")}
    ),
)
MANIFEST = Manifest(
    frozenset(
        {
            ManifestLine(A, 10, "pool/main/h/hello/hello_1%3a2 x.deb", "debian"),
            ManifestLine(B, 0, "record/hello.buildinfo", "-"),
        }
    )
)


def test_a_definition_reads_back_as_it_was_written() -> None:
    assert Definition.from_text(DEFINITION.text()) == DEFINITION
    assert DEFINITION.text().decode().splitlines() == [
        "dejabuild-closure 1",
        "architecture amd64",
        "binary apt 2.6.1 amd64",
        "binary b 1 -",
        f"record {A} hello_2.10-3_amd64.buildinfo",
        "source hello 2.10-3",
    ]
    without = Definition(sources=False, architecture="arm64")
    assert Definition.from_text(without.text()) == without


def test_a_manifest_reads_back_with_odd_paths() -> None:
    assert Manifest.from_text(MANIFEST.text()) == MANIFEST
    assert MANIFEST.size == 10
    assert MANIFEST.digests == {A, B}
    assert b"hello_1%253a2%20x.deb debian\n" in MANIFEST.text()


def test_joined_closures_want_what_either_wants() -> None:
    other = Definition(needs=frozenset({Need("c", "1")}), sources=False)
    joined = DEFINITION.joined(other)
    assert joined.needs == DEFINITION.needs | other.needs
    assert joined.sources
    assert joined.records == DEFINITION.records


def test_closures_of_two_machines_are_not_mixed_up() -> None:
    other = Definition(needs=frozenset({Need("c", "1")}), architecture="arm64")
    with pytest.raises(InvalidInput, match="one closure is for amd64"):
        DEFINITION.joined(other)
    exact = Definition(needs=frozenset({Need("c", "1", "arm64")}), architecture="arm64")
    assert DEFINITION.joined(exact).architecture == "amd64"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"dejabuild-closure 2\n",
        b"dejabuild-closure 1",
        b"dejabuild-closure 1\nsource b 1\nsource a 1\n",
        b"dejabuild-closure 1\nsource a 1\nsource a 1\n",
        b"dejabuild-closure 1\nsource a\n",
        b"dejabuild-closure 1\nsource  a 1\n",
        b"dejabuild-closure 1\nrecord 00 x\n",
        b"dejabuild-closure 1\nrecord %s ../x\n" % (b"a" * 64),
        b"dejabuild-closure 1\narchitecture ../x\n",
        b"dejabuild-closure 1\nsource \xff 1\n",
    ],
)
def test_a_definition_in_any_other_form_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        Definition.from_text(text)


@pytest.mark.parametrize(
    "line",
    [
        f"{A} -1 pool/a debian",
        f"{A} 1 ../a debian",
        f"{A} 1 %2e%2e/a debian",
        f"{A} 1 /etc/passwd debian",
        f"{A} 1 pool/a ../debian",
        f"{A} 1 pool/a",
        f"{A} 1 pool/a b debian",
        f"{A} {'9' * 30} pool/a debian",
        f"{A} 1 pool/a debian\n{A} 1 pool/b debian",
    ],
)
def test_a_manifest_line_that_leads_astray_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput):
        Manifest.from_text(f"dejabuild-manifest 1\n{line}\n".encode())


@pytest.mark.parametrize("word", ["", "a b", "a\nb", "é"])
def test_a_word_that_would_break_a_line_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput):
        Definition(needs=frozenset({Need("a", word)}))


@pytest.mark.parametrize("wish", ["binary \rapt 1 -", "binary apt 1 a\rb", "source apt \x7f"])
def test_a_word_that_is_none_is_refused_with_its_line(wish: str) -> None:
    text = f"dejabuild-closure 1\narchitecture amd64\n{wish}\n".encode()
    with pytest.raises(InvalidInput, match=r"mine, line 3: not a word"):
        Definition.from_text(text, "mine")
