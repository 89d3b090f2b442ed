# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from orchestrator.originals import IndexedFile, normalise_originals
from orchestrator.record_target import target_from_buildinfo
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.verdict import Original
from storage.ledger.records import Artifact
from storage.ledger.values import NewTarget
from tests.orchestrator.reports import FakeOriginals

RECORD = """\
Format: 1.0
Source: {source}
Binary: hello hello-doc
Architecture: {architecture}
Version: 1:2.10-3+b1
Checksums-Sha256:
{files}
Build-Origin: Debian
Build-Architecture: amd64
Build-Date: Fri, 20 Nov 2026 10:00:00 +0000
Installed-Build-Depends:
 base-files (= 12.4)
Environment:
 LANG="C.UTF-8"
"""
HELLO = "hello_2.10-3+b1_amd64.deb"


def record(*names: str, architecture: str = "amd64", source: str = "hello (1:2.10-3)") -> BuildInfo:
    files = "\n".join(f" {Digest.of(name.encode())} 10 {name}" for name in names)
    text = RECORD.format(files=files, architecture=architecture, source=source)
    return BuildInfo.parse(text.encode())


def target(info: BuildInfo, *files: IndexedFile) -> NewTarget:
    return target_from_buildinfo(
        info, name="hello.buildinfo", digest=Digest.of(b"r"), originals=FakeOriginals(*files)
    )


def test_packages_are_results_and_everything_else_is_not() -> None:
    made = target(record("hello_2.10-3.dsc", HELLO, "hello-udeb_2.10-3+b1_amd64.udeb"))
    assert [a.file_name for a in made.artifacts] == [HELLO, "hello-udeb_2.10-3+b1_amd64.udeb"]
    assert (made.kind, made.source, made.version) == ("buildinfo", "hello", "1:2.10-3+b1")
    assert (made.distribution, made.architecture, made.build) == ("debian", "amd64", "any")


def test_without_an_index_only_the_record_vouches() -> None:
    (artifact,) = target(record(HELLO)).artifacts
    assert (artifact.origin, artifact.version) == (Original.RECORD, "1:2.10-3+b1")
    assert artifact.sha256 == Digest.of(HELLO.encode())


def test_a_package_with_a_version_of_its_own_has_that_of_its_file_name() -> None:
    (artifact,) = target(record("hello-data_9.9_amd64.deb")).artifacts
    assert artifact.version == "9.9"


def test_an_index_that_is_mirrored_after_the_record_was_posted_vouches_for_it() -> None:
    (made,) = target(record(HELLO)).artifacts
    assert made.sha256 is not None
    kept = Artifact(
        id=1,
        target_id=1,
        file_name=made.file_name,
        name=made.name,
        version=made.version,
        architecture=made.architecture,
        sha256=made.sha256,
        size=made.size,
        url="",
        origin=made.origin,
    )
    file = IndexedFile(made.sha256, 10, HELLO, "hello", "1:2.10-3+b1", "amd64", verified=True)
    (original,) = normalise_originals([kept], FakeOriginals(file))
    assert original.origin is Original.INDEX


def test_the_index_knows_the_epoch_that_a_file_name_lacks() -> None:
    digest = Digest.of(HELLO.encode())
    file = IndexedFile(digest, 10, HELLO, "hello", "1:2.10-3+b1", "amd64", verified=True)
    (artifact,) = target(record(HELLO), file).artifacts
    assert (artifact.origin, artifact.version) == (Original.INDEX, "1:2.10-3+b1")


def test_a_build_of_all_goes_to_workers_that_do_all() -> None:
    made = target(record("hello-doc_2.10-3+b1_all.deb", architecture="all"))
    assert (made.architecture, made.build) == ("all", "all")


def test_a_build_of_both_is_one_target() -> None:
    made = target(record(HELLO, "hello-doc_2.10-3+b1_all.deb", architecture="all amd64"))
    assert (made.architecture, made.build) == ("amd64", "any,all")
    assert [a.architecture for a in made.artifacts] == ["amd64", "all"]


def test_a_record_of_sources_alone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no binary package"):
        target(record("hello_2.10-3.dsc", architecture="source"))
