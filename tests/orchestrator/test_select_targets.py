# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.select_targets import (
    ListedFile,
    RunSelection,
    Selected,
    is_binary_only,
    targets_from_run,
)
from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from snapshot.verdict import Original

STAMP = Timestamp.parse("20261120T000000Z")
SELECTION = RunSelection("debian", STAMP, "bookworm", "main", ("amd64", "all"))


def listed(
    source: str,
    name: str,
    architecture: str,
    version: str = "1-1",
    *,
    binary_version: str = "",
    verified: bool = True,
) -> ListedFile:
    own = binary_version or version
    extension = f"{own}.dsc" if architecture == "source" else f"{own}_{architecture}.deb"
    path = f"pool/main/{source[0]}/{source}/{name}_{extension}"
    return ListedFile(
        digest=Digest.of(path.encode()),
        size=10,
        path=path,
        name=name,
        version=own,
        architecture=architecture,
        source=source,
        source_version=version,
        verified=verified,
    )


class FakeListing:
    """Indices as Debian makes them: that of amd64 lists `all` as well."""

    def __init__(self, *files: ListedFile) -> None:
        self.files = files

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> Iterable[ListedFile]:
        assert (archive, stamp, suite, component) == ("debian", STAMP, "bookworm", "main")
        wanted = {architecture} if architecture in {"source", "all"} else {architecture, "all"}
        return [file for file in self.files if file.architecture in wanted]


def select(*files: ListedFile, selection: RunSelection = SELECTION) -> Selected:
    return targets_from_run(FakeListing(*files), selection)


HELLO = (
    listed("hello", "hello", "source"),
    listed("hello", "hello", "amd64"),
    listed("hello", "hello-doc", "all"),
)


def test_each_architecture_of_a_source_is_a_target() -> None:
    found = select(*HELLO)
    assert [(t.source, t.architecture, t.build) for t in found.targets] == [
        ("hello", "all", "all"),
        ("hello", "amd64", "any"),
    ]
    for target in found.targets:
        assert (target.kind, target.input_name) == ("source", "hello_1-1.dsc")
        assert target.input_digest == HELLO[0].digest


def test_an_all_package_in_two_indices_is_one_artifact() -> None:
    (only_all, _) = select(*HELLO).targets
    assert [a.file_name for a in only_all.artifacts] == ["hello-doc_1-1_all.deb"]


def test_the_environment_comes_from_the_dated_suite() -> None:
    derive = select(*HELLO).targets[0].derive
    assert derive is not None
    assert (derive.archive, derive.timestamp) == ("debian", "20261120T000000Z")
    assert derive.suites == (("bookworm", "main"),)
    more = replace(SELECTION, derive_suites=(("bookworm", "main"), ("bookworm-updates", "main")))
    other = select(*HELLO, selection=more).targets[0].derive
    assert other is not None
    assert len(other.suites) == 2


def test_globs_choose_and_exclusion_wins() -> None:
    files = [
        f for n in ("liba", "libb", "c") for f in (listed(n, n, "source"), listed(n, n, "amd64"))
    ]
    selection = replace(SELECTION, include=("lib*",), exclude=("*b",))
    assert [t.source for t in select(*files, selection=selection).targets] == ["liba"]


def test_a_list_of_names_may_pin_versions() -> None:
    files = [
        f for v in ("1", "2") for f in (listed("a", "a", "source", v), listed("a", "a", "amd64", v))
    ]
    pinned = replace(SELECTION, names={"a": "2"})
    assert [t.version for t in select(*files, selection=pinned).targets] == ["2"]
    free = replace(SELECTION, names={"a": None})
    assert [t.version for t in select(*files, selection=free).targets] == ["1", "2"]
    assert select(*files, selection=replace(SELECTION, names={"b": None})).targets == ()


def test_binaries_without_their_source_are_skipped_and_named() -> None:
    found = select(listed("gone", "gone", "amd64"))
    assert found.targets == ()
    assert [(s.source, s.why) for s in found.skipped] == [
        ("gone", "its source is not in this component")
    ]


def test_a_binary_only_rebuild_needs_a_record() -> None:
    rebuilt = listed("hello", "hello", "amd64", binary_version="1-1+b2")
    found = select(HELLO[0], rebuilt)
    assert found.targets == ()
    assert "that needs a record" in found.skipped[0].why


def test_a_binary_with_a_version_of_its_own_is_no_binary_only_rebuild() -> None:
    assert not is_binary_only(
        listed("gcc-defaults", "g++", "amd64", "1.228", binary_version="4:15")
    )
    assert not is_binary_only(listed("a", "a", "amd64", "1+b1"))
    assert is_binary_only(listed("a", "a", "amd64", "1", binary_version="1+b1"))
    assert not is_binary_only(listed("a", "a", "amd64", "1", binary_version="1+bpo12"))


def test_an_index_without_trust_vouches_for_nothing() -> None:
    files = [replace(file, verified=False) for file in HELLO]
    assert {a.origin for t in select(*files).targets for a in t.artifacts} == {Original.RECORD}
    assert {a.origin for t in select(*HELLO).targets for a in t.artifacts} == {Original.INDEX}


def test_a_selection_of_one_architecture_leaves_the_others() -> None:
    only = replace(SELECTION, architectures=("amd64",))
    assert [t.architecture for t in select(*HELLO, selection=only).targets] == ["amd64"]
