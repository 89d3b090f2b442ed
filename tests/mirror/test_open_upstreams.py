# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy's addresses become upstreams, each of its kind, in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mirror.dated_upstream import DatedDebian
from mirror.debian_upstream import LiveDebian
from mirror.open_upstreams import open_upstreams
from mirror.peer_upstream import Peer
from mirror.policy import ArchivePolicy


def policy(*bases: str, **changed: str) -> ArchivePolicy:
    return ArchivePolicy("mine", bases, ("sid",), keyring=Path("k"), **changed)  # type: ignore[arg-type]


def test_a_policy_says_which_shape() -> None:
    bases = ("http://a/debian/", "http://b")
    assert open_upstreams(policy(*bases)) == (LiveDebian("http://a/debian"), LiveDebian("http://b"))
    assert open_upstreams(policy(*bases, kind="dated"))[1] == DatedDebian("http://b", "mine")
    renamed = open_upstreams(policy(*bases, kind="dated", upstream_name="debian"))
    assert renamed[1] == DatedDebian("http://b", "debian")


def test_kinds_may_be_mixed() -> None:
    assert open_upstreams(policy("http://a/debian", "dated+http://b/")) == (
        LiveDebian("http://a/debian"),
        DatedDebian("http://b", "mine"),
    )


def test_the_beginning_of_a_local_directory_is_marked() -> None:
    assert open_upstreams(policy("file:///srv/debian/")) == (LiveDebian("file:///srv/debian/."),)


def test_peers_come_after_every_upstream() -> None:
    found = open_upstreams(replace(policy("http://a/debian"), peers=("https://other.example/",)))
    assert found == (LiveDebian("http://a/debian"), Peer("https://other.example"))
