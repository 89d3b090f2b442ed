# SPDX-License-Identifier: GPL-3.0-or-later
"""Build records by source and by digest."""

from __future__ import annotations

from dataclasses import replace

from storage.catalogue import BuildInfoRecord, Catalogue
from tests.storage.catalogue.archive_maker import content, day

RECORD = BuildInfoRecord(
    digest=content("record"),
    name="hello_2.10-3_amd64.buildinfo",
    kind="deb",
    source="hello",
    source_version="2.10-3",
    version="2.10-3+b1",
    architectures=("all", "amd64"),
    build_architecture="amd64",
    build_date=day(1),
    origin="http://127.0.0.1/",
    signature_state="unsigned",
)


def test_a_record_comes_back_as_it_was_told(catalogue: Catalogue) -> None:
    assert catalogue.add_buildinfo(RECORD)
    assert not catalogue.add_buildinfo(RECORD)
    assert catalogue.buildinfo(RECORD.digest) == RECORD
    assert catalogue.buildinfo(content("other")) is None


def test_records_of_a_source_are_those_of_one_version_or_all(catalogue: Catalogue) -> None:
    other = replace(RECORD, digest=content("b"), name="b", source_version="3", build_date=None)
    for record in (RECORD, other):
        catalogue.add_buildinfo(record)
    assert catalogue.buildinfos("hello") == (other, RECORD)
    assert catalogue.buildinfos("hello", "3") == (other,)
    assert catalogue.buildinfos("bye") == ()


def test_origins_are_told_by_what_they_begin_with(catalogue: Catalogue) -> None:
    for number, origin in enumerate(("http://h/a/x", "http://h/ab", "posted")):
        one = replace(RECORD, digest=content(str(number)), origin=origin)
        catalogue.add_buildinfo(one)
    assert catalogue.buildinfo_origins("http://h/a/") == {"http://h/a/x"}
    assert catalogue.buildinfo_origins("") == {"http://h/a/x", "http://h/ab", "posted"}


def test_a_file_leads_to_the_records_that_say_they_built_it(catalogue: Catalogue) -> None:
    other = replace(RECORD, digest=content("b"), name="b")
    deb, log = content("deb"), content("log")
    assert catalogue.add_buildinfo(RECORD, [deb, log])
    assert catalogue.add_buildinfo(other, [deb])
    assert catalogue.buildinfos_that_built(deb) == (other, RECORD)
    assert catalogue.buildinfos_that_built(log) == (RECORD,)
    assert catalogue.buildinfos_that_built(RECORD.digest) == ()
    assert catalogue.built_by(RECORD.digest) == tuple(sorted((deb, log)))


def test_what_a_known_record_built_can_be_told_later(catalogue: Catalogue) -> None:
    catalogue.add_buildinfo(RECORD)
    assert not catalogue.add_buildinfo(RECORD, [content("deb")])
    assert not catalogue.add_buildinfo(RECORD, [content("deb")])
    assert catalogue.buildinfos_that_built(content("deb")) == (RECORD,)
