# SPDX-License-Identifier: GPL-3.0-or-later
"""Package lists in the forms people have them; a bad line is named by its number."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from snapshot.installed_list import read_installed_list
from snapshot.need import Need


def test_every_form_gives_the_same_packages() -> None:
    text = b"""# of the build host
libc6:amd64 2.36-9+deb12u10 amd64
apt\t2.6.1
tzdata 2024a-0+deb12u1 all

gcc=4:12.2.0-3
libc6-dev:i386=2.36-9
"""
    assert read_installed_list(text) == [
        Need("libc6", "2.36-9+deb12u10", "amd64"),
        Need("apt", "2.6.1"),
        Need("tzdata", "2024a-0+deb12u1", "all"),
        Need("gcc", "4:12.2.0-3"),
        Need("libc6-dev", "2.36-9", "i386"),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ii  libc6:amd64  2.36-9  amd64  GNU C Library", "cuts names off"),
        ("||/ Name           Version      Architecture Description", "cuts names off"),
        ("libc6", "is not `name version architecture`"),
        ("libc6 2.36-9 amd64 extra", "is not `name version architecture`"),
        ("../x 1 amd64", "is not `name version architecture`"),
        ("a 1 ../amd64", "not an architecture"),
        ("a not!aversion amd64", "line 2"),
    ],
)
def test_a_bad_line_is_named(line: str, why: str) -> None:
    with pytest.raises(InvalidInput, match="line 2") as caught:
        read_installed_list(f"apt 2.6.1 amd64\n{line}\n".encode(), "list")
    assert why in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"\n# nothing\n", b"\xff\xfe"])
def test_a_list_without_packages_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_installed_list(text)
