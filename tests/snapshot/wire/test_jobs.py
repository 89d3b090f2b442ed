# SPDX-License-Identifier: GPL-3.0-or-later
"""Pop requests and assignments read back as they were written; stock bodies have no more."""

from snapshot.digest import Digest
from snapshot.wire import (
    Derivation,
    ExpectedArtifact,
    Job,
    JobArtifact,
    JobAssignment,
    JobExtension,
    PopRequest,
)

#: What rebuilderd 0.28 answered its own worker, recorded on loopback.
RECORDED = {
    "Rebuild": {
        "job": {
            "id": 31,
            "name": "hello",
            "version": "2.10-5",
            "distribution": "debian",
            "release": "sid",
            "architecture": "amd64",
            "backend": "debian",
            "url": "http://127.0.0.1/buildinfo-pool/h/hello/hello_2.10-5_amd64.buildinfo",
            "next_retry": None,
            "priority": 1,
            "queued_at": "2026-06-03T09:50:00",
            "started_at": None,
        },
        "artifacts": [
            {
                "name": "hello",
                "version": "2.10-5",
                "architecture": "amd64",
                "url": "http://127.0.0.1/debian/pool/main/h/hello/hello_2.10-5_amd64.deb",
            }
        ],
    }
}


def test_a_recorded_assignment_is_written_member_by_member() -> None:
    assignment = JobAssignment.from_json(RECORDED)
    assert assignment is not None
    assert assignment.to_json() == RECORDED


def test_nothing_is_a_string() -> None:
    assert JobAssignment.from_json("Nothing") is None


def test_the_extension_rides_inside_the_job_and_reads_back() -> None:
    job = Job(1, "a", "1", "debian", None, "all", "debian", "http://x/a.dsc", None, 0, 5.0, 6.0)
    extension = JobExtension(
        kind="deb",
        target="source",
        lease="token",
        environment=Digest("e" * 64),
        build="any,all",
        derive=Derivation("debian", "20260711T101637Z", (("bookworm", "main"),)),
        expect=(ExpectedArtifact("a_1_all.deb", Digest("a" * 64), 5_000_000_000),),
        timeout=60,
        strategies=("strict",),
    )
    artifact = JobArtifact("a", "1", "all", "http://x/a_1_all.deb")
    assignment = JobAssignment(job, (artifact,), extension)
    assert JobAssignment.from_json(assignment.to_json()) == assignment


def test_a_stock_pop_has_three_members() -> None:
    stock = PopRequest(("debian",), ("amd64", "all"), "x86_64")
    assert sorted(stock.to_json()) == [
        "architecture",
        "supported_architectures",
        "supported_backends",
    ]
    assert PopRequest.from_json(stock.to_json()) == stock


def test_our_pop_says_so() -> None:
    ours = PopRequest(("debian",), ("*",), "x86_64", tags=("big",), extended=True)
    assert PopRequest.from_json(ours.to_json()) == ours
