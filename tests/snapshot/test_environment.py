# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity of an environment is the digest of one canonical text."""

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.errors import InvalidInput

A = Member("apt", "amd64", "2.6.1", Digest("a" * 64))
B = Member("bash", "amd64", "5.2.15-2+b7", Digest("b" * 64))
TEXT = (
    b"dejabuild-environment 1 deb\n"
    b"apt amd64 2.6.1 " + b"a" * 64 + b"\n"
    b"bash amd64 5.2.15-2+b7 " + b"b" * 64 + b"\n"
)


def test_the_text_is_sorted_and_the_id_is_its_digest() -> None:
    environment = Environment("deb", frozenset({B, A}))
    assert environment.text() == TEXT
    assert environment.id == Digest.of(TEXT)


def test_the_text_reads_back() -> None:
    assert Environment.from_text(TEXT) == Environment("deb", frozenset({A, B}))


def test_an_empty_environment_has_an_identity_too() -> None:
    assert Environment.from_text(b"dejabuild-environment 1 rpm\n").members == frozenset()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"", "line 1"),
        (b"dejabuild-environment 2 deb\n", "line 1"),
        (b"dejabuild-environment 1 snap\n", "line 1"),
        (TEXT[:-1], "line end"),
        (TEXT.replace(b"2.6.1 ", b"2.6.1  "), "line 2"),
        (TEXT + TEXT.splitlines(keepends=True)[1], "canonical"),
        (
            b"dejabuild-environment 1 deb\n"
            + b"".join(reversed(TEXT.splitlines(keepends=True)[1:])),
            "canonical",
        ),
        (TEXT.replace(b"apt", b"\xc3\xa4pt"), "ASCII"),
        (TEXT.replace(b"a" * 64, b"A" * 64), "SHA-256"),
    ],
)
def test_any_other_text_is_refused_with_its_line(bad: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Environment.from_text(bad)


def test_two_versions_of_one_package_are_refused() -> None:
    other = Member("apt", "amd64", "2.6.2", Digest("c" * 64))
    with pytest.raises(InvalidInput, match="apt:amd64 twice"):
        Environment("deb", frozenset({A, other}))


@pytest.mark.parametrize(
    "odd",
    [
        Member("a b", "amd64", "1", A.digest),
        Member("a", "", "1", A.digest),
        Member("a", "amd64", "1\n", A.digest),
        # As two lines of a text it would be two packages.
        Member(f"a amd64 1 {'c' * 64}\nb", "amd64", "1", A.digest),
        Member("ä", "amd64", "1", A.digest),
        Member("a", "amd64", "1\x00", A.digest),
    ],
    ids=lambda member: ascii(member[:3]),
)
def test_what_is_not_three_words_is_refused(odd: Member) -> None:
    with pytest.raises(InvalidInput, match="not three words"):
        Environment("deb", frozenset({A, odd, B}))


def test_one_name_in_two_architectures_is_multi_arch() -> None:
    foreign = Member("apt", "i386", "2.6.1", Digest("c" * 64))
    assert len(Environment("deb", frozenset({A, foreign})).members) == 2


def test_the_difference_says_what_lacks_and_what_is_too_much() -> None:
    difference = Environment("deb", frozenset({A})).difference(Environment("deb", frozenset({B})))
    assert (difference.missing, difference.extra) == ((A,), (B,))
    assert not Environment("deb", frozenset({A})).difference(Environment("deb", frozenset({A})))
