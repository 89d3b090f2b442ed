# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that cannot work is refused with the key to correct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.policy import ArchivePolicy, split_kind
from snapshot.errors import ConfigurationError, InvalidInput

GOOD: dict[str, Any] = {
    "name": "debian",
    "upstreams": ("http://127.0.0.1:1/debian",),
    "suites": ("bookworm", "lenny/updates"),
    "keyring": Path("/keys.gpg"),
}


@pytest.mark.parametrize("address", ["file:///srv/debian", "dated+https://host", "live+http://h"])
def test_an_upstream_is_an_address_with_or_without_its_kind(address: str) -> None:
    assert ArchivePolicy(**(GOOD | {"upstreams": (address,)})).upstreams == (address,)


def test_a_kind_before_an_address_is_for_that_one_alone() -> None:
    assert split_kind("https://host/debian", "live") == ("live", "https://host/debian")
    assert split_kind("dated+https://host", "live") == ("dated", "https://host")
    assert split_kind("live+file:///srv", "dated") == ("live", "file:///srv")


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"upstreams": ()}, "upstreams"),
        ({"suites": ()}, "suites"),
        ({"upstreams": ("ftp://old/debian",)}, "upstreams"),
        ({"upstreams": ("/srv/debian",)}, "upstreams"),
        ({"upstreams": ("file://host/debian",)}, "upstreams"),
        ({"upstreams": ("rsync+https://host",)}, "upstreams"),
        ({"keyring": None}, "keyring"),
    ],
)
def test_the_message_names_archive_and_key(changed: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ArchivePolicy(**(GOOD | changed))
    assert "debian" in caught.value.message
    assert key in caught.value.advice


def test_believing_an_unsigned_release_takes_that_very_word() -> None:
    assert ArchivePolicy(**(GOOD | {"keyring": None, "trust": "none"})).trust == "none"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b"])
def test_a_name_is_one_safe_segment(name: str) -> None:
    with pytest.raises(InvalidInput):
        ArchivePolicy(**(GOOD | {"name": name}))


@pytest.mark.parametrize("suite", ["", "../x", "/x", "a//b", "/", "../", "a//"])
def test_a_suite_stays_inside_dists(suite: str) -> None:
    with pytest.raises(InvalidInput):
        ArchivePolicy(**(GOOD | {"suites": (suite,)}))


def test_a_scope_covers_what_it_names_and_an_empty_list_is_everything() -> None:
    def policy(**changed: Any) -> ArchivePolicy:
        return ArchivePolicy(**(GOOD | {"components": ("main",), "architectures": ()} | changed))

    scope = policy().scope
    assert policy().is_covered_by(scope)
    assert policy(architectures=("amd64",)).is_covered_by(scope)
    assert not policy(suites=("bookworm", "sid")).is_covered_by(scope)
    assert not policy(components=("main", "contrib")).is_covered_by(scope)
    assert not policy(components=()).is_covered_by(scope)
    assert not policy(extras=("contents",)).is_covered_by(scope)
    few = policy(packages=("hello",))
    assert few.is_covered_by(scope)
    assert few.is_covered_by(few.scope)
    assert not policy().is_covered_by(few.scope)
    assert not policy(packages=("hello", "tool")).is_covered_by(few.scope)
    assert not policy().is_covered_by(None)
    assert not policy().is_covered_by("{}")
