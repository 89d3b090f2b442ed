# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of a Release a policy wants."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.policy import Extra
from mirror.select_members import wanted_indices
from snapshot.digest import Checksums, Digest
from snapshot.errors import ConfigurationError, VerificationError
from tests.mirror.test_verify_chain import PLAIN, packed, policy, release


def test_indices_are_wanted_in_apts_order_of_packing() -> None:
    index, *others = wanted_indices(
        release(packed("main/binary-amd64/Packages")), "bookworm", policy()
    )
    assert others == []
    assert [member.path.rpartition("/")[2] for member in index.variants] == [
        "Packages.xz",
        "Packages.gz",
        "Packages",
    ]
    assert index.plain == Checksums(len(PLAIN), Digest.of(PLAIN))
    assert str(index.coordinates) == "debian bookworm/main amd64"


EVERYTHING = packed(
    "main/binary-amd64/Packages",
    "main/binary-i386/Packages",
    "main/binary-all/Packages",
    "main/source/Sources",
    "contrib/binary-amd64/Packages",
    "main/debian-installer/binary-amd64/Packages",
    "main/debian-installer/binary-i386/Packages",
    "main/i18n/Translation-en",
    "main/i18n/Translation-de",
    "contrib/i18n/Translation-en",
    "main/Contents-amd64",
    "main/Contents-i386",
    "main/Contents-udeb-amd64",
    "Contents-amd64",
    "main/dep11/Components-amd64.yml",
    "main/dep11/Components-i386.yml",
    "main/dep11/CID-Index-amd64.json",
    "main/dep11/icons-48x48.tar",
    "main/dep11/icons-64x64@2.tar",
    "main/installer-amd64/current/images/SHA256SUMS",
    "main/installer-amd64/20230607/images/SHA256SUMS",
    "main/installer-amd64/current/images/MD5SUMS",
    "main/installer-i386/current/images/SHA256SUMS",
    "main/binary-amd64/Release",
)


@pytest.mark.parametrize(
    ("wanted", "bases"),
    [
        (
            {"components": ("main",), "architectures": ("amd64", "source")},
            {"main/binary-amd64/Packages", "main/source/Sources"},
        ),
        (
            {"architectures": ("i386", "all")},
            {"main/binary-i386/Packages", "main/binary-all/Packages"},
        ),
        (
            {"components": ("main/debian-installer", "contrib"), "architectures": ("amd64",)},
            {"main/debian-installer/binary-amd64/Packages", "contrib/binary-amd64/Packages"},
        ),
    ],
)
def test_a_policy_selects(wanted: dict[str, Any], bases: set[str]) -> None:
    indices = wanted_indices(release(EVERYTHING), "bookworm", policy(**wanted))
    assert {index.base for index in indices if index.coordinates} == bases


def test_all_is_not_read_twice_where_every_index_holds_it() -> None:
    everywhere = release(EVERYTHING, No_Support_for_Architecture_all="Packages")
    bases = {index.base for index in wanted_indices(everywhere, "bookworm", policy())}
    assert "main/binary-all/Packages" not in bases
    alone = wanted_indices(everywhere, "bookworm", policy(architectures=("all",)))
    assert "main/binary-all/Packages" in {index.base for index in alone}


def test_a_policy_that_matches_nothing_is_told_what_there_is() -> None:
    with pytest.raises(ConfigurationError) as caught:
        wanted_indices(release(EVERYTHING), "bookworm", policy(components=("universe",)))
    assert "universe" in caught.value.message
    assert "main contrib" in caught.value.advice


MAIN = {"components": ("main",), "architectures": ("amd64", "source")}


@pytest.mark.parametrize(
    ("extra", "bases"),
    [
        ("translations", {"main/i18n/Translation-en"}),
        ("all-translations", {"main/i18n/Translation-en", "main/i18n/Translation-de"}),
        (
            "dep11",
            {
                "main/dep11/Components-amd64.yml",
                "main/dep11/CID-Index-amd64.json",
                "main/dep11/icons-48x48.tar",
                "main/dep11/icons-64x64@2.tar",
            },
        ),
        ("contents", {"main/Contents-amd64", "Contents-amd64"}),
        ("udebs", {"main/debian-installer/binary-amd64/Packages"}),
        (
            "installer",
            {
                "main/installer-amd64/current/images/SHA256SUMS",
                "main/installer-amd64/20230607/images/SHA256SUMS",
            },
        ),
    ],
)
def test_each_extra_is_of_the_components_and_architectures_that_are_wanted(
    extra: Extra, bases: set[str]
) -> None:
    def chosen(*extras: Extra) -> set[str]:
        found = wanted_indices(release(EVERYTHING), "bookworm", policy(**MAIN, extras=extras))
        return {index.base for index in found}

    assert chosen(extra) - chosen() == bases


def test_descriptions_and_dep11_are_kept_unless_told_otherwise() -> None:
    assert policy().extras == ("translations", "dep11")


def test_installer_packages_are_a_stream_of_their_own() -> None:
    found = wanted_indices(release(EVERYTHING), "bookworm", policy(**MAIN, extras=("udebs",)))
    streams = {str(index.coordinates) for index in found if index.coordinates}
    assert "debian bookworm/main/debian-installer amd64" in streams
    assert "debian bookworm/main amd64" in streams
    assert len({index.coordinates for index in found}) == len(found)


def test_without_a_wish_for_components_installer_packages_are_still_a_wish() -> None:
    def installer(**changed: Any) -> bool:
        found = wanted_indices(release(EVERYTHING), "bookworm", policy(**changed))
        return any("debian-installer" in index.base for index in found)

    assert not installer()
    assert installer(extras=("udebs",))


@pytest.mark.parametrize("component", ["main", "updates/main"])
def test_security_suites_may_say_updates_before_a_component(component: str) -> None:
    for path in ("main", "updates/main"):
        security = release(packed(f"{path}/binary-amd64/Packages"))
        (index,) = wanted_indices(
            security, "lenny/updates", policy(components=(component,), architectures=("amd64",))
        )
        assert index.base == f"{path}/binary-amd64/Packages"


def test_a_flat_repository_has_one_index_of_each_kind() -> None:
    flat = release(packed("Packages", "Sources") | {"Release": b"x"}, Suite="", Codename="")
    found = wanted_indices(flat, "./", policy(**MAIN))
    assert {str(index.coordinates) for index in found} == {
        "debian .//main all",
        "debian .//main source",
    }
    with pytest.raises(ConfigurationError):
        wanted_indices(flat, "bookworm", policy())


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst", ".lzma", ""])
def test_an_index_may_exist_in_one_packing_alone(suffix: str) -> None:
    path = f"main/binary-amd64/Packages{suffix}"
    (index,) = wanted_indices(release({path: b"x"}), "bookworm", policy())
    assert [member.path for member in index.variants] == [path]


def test_what_has_no_sha256_is_wanted_only_by_who_says_so() -> None:
    old = release(digests="MD5Sum")
    with pytest.raises(VerificationError, match="no SHA-256") as caught:
        wanted_indices(old, "bookworm", policy())
    assert 'weak_digests = ["MD5"]' in caught.value.advice
    (index,) = wanted_indices(old, "bookworm", policy(weak_digests=("MD5",)))
    assert index.variants[0].checksums.sha256 is None
