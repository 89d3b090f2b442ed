# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with something to see: verdicts of every kind, made through the real routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from orchestrator.enqueue import enqueue
from orchestrator.originals import IndexedFile
from snapshot.digest import Digest
from snapshot.wire import naive_time
from storage.ledger.values import Derived, NewArtifact, NewTarget, Placement
from tests.api.rebuild_server import SIGNUP, RebuildServer

WORKER = "bm9kZS1hIGhhcyBhIGtleSBvZiAzMiBieXRlcyA6LSk="

DIFF = """\
--- /originals/libsub-name-perl_0.27-1_amd64.deb
+++ /rebuilt/libsub-name-perl_0.27-1_amd64.deb
├── control.tar.xz
│ ├── control.tar
│ │ ├── ./control
│ │ │ @@ -3,7 +3,7 @@
│ │ │  Version: 0.27-1
│ │ │  Architecture: amd64
│ │ │  Maintainer: Debian Perl Group <pkg-perl-maintainers@lists.alioth.debian.org>
│ │ │  Installed-Size: 42
│ │ │ -Depends: perl (>= 5.36.0-7+deb12u1), perlapi-5.36.0, libc6 (>= 2.14)
│ │ │ +Depends: perl (>= 5.36.0-7+deb12u3), perlapi-5.36.0, libc6 (>= 2.14)
│ │ │  Section: perl
│ │ │  Priority: optional
"""


@dataclass(frozen=True)
class Story:
    """One package and what becomes of it."""

    source: str
    version: str
    status: str
    reason: str | None = None
    detail: str = ""
    architecture: str = "amd64"
    origin_indexed: bool = True
    kind: str = "buildinfo"
    diff: str = ""
    minutes: int = 1


STORIES = (
    Story("distro-info-data", "0.58+deb12u4", "GOOD", architecture="all"),
    Story("catdoc", "1:0.95-6", "GOOD"),
    Story("base-files", "12.4+deb12u12", "GOOD", kind="source"),
    Story("what-is-python", "13", "GOOD", architecture="all"),
    Story("libsub-name-perl", "0.27-1", "BAD", diff=DIFF, minutes=2),
    Story(
        "dejabuild-never-compiles", "1.0", "FAIL", "build-failed",
        "main.c:1:2: error: #error never", origin_indexed=False,
    ),
    Story(
        "dejabuild-needs-a-ghost", "1.0", "FAIL", "dependency-missing",
        "libghost-dev 6.6.6 amd64 is in no mirrored run", origin_indexed=False,
    ),
    Story("gnokii", "0.6.31+dfsg-7", "GOOD", origin_indexed=False),
)  # fmt: skip


def file_of(story: Story) -> str:
    version = story.version.split(":", 1)[-1]
    return f"{story.source}_{version}_{story.architecture}.deb"


def original_of(story: Story) -> Digest:
    return Digest.of(f"the original {story.source}".encode())


def target_of(server: RebuildServer, story: Story) -> NewTarget:
    artifact = NewArtifact(
        file_name=file_of(story),
        name=story.source,
        version=story.version,
        architecture=story.architecture,
        sha256=original_of(story),
        size=48_212,
        component="main",
    )
    if story.origin_indexed:
        server.originals.files.append(
            IndexedFile(
                original_of(story), 48_212, file_of(story), story.source, story.version,
                story.architecture, verified=True,
            )
        )  # fmt: skip
    derived = story.kind == "source"
    return NewTarget(
        kind="source" if derived else "buildinfo",
        distribution="debian",
        source=story.source,
        version=story.version,
        architecture=story.architecture,
        input_name=f"{story.source}.{'dsc' if derived else 'buildinfo'}",
        input_digest=Digest.of(f"the record of {story.source}".encode()),
        artifacts=(artifact,),
        environment=Digest.of(b"dejabuild-environment 1 deb\n"),
        derive=Derived("debian", "20261107T144500Z", (("bookworm", "main"),)) if derived else None,
        release="bookworm",
    )


def fill(server: RebuildServer, stories: tuple[Story, ...] = STORIES) -> dict[str, int]:
    """Queue, build and report everything; answers attempt ids by source."""
    client = server.app.test_client()
    head = {"X-Worker-Key": WORKER, "X-Signup-Secret": SIGNUP}
    client.post("/api/v1/workers", json={"name": "node-a"}, headers=head)
    by_name = {story.source: story for story in stories}
    made = enqueue(
        server.ledger,
        [target_of(server, story) for story in stories],
        Placement(),
        clock=server.clock,
        spread=server.services.desk.spread,
    )
    desk = server.services.desk
    campaign = server.ledger.campaigns.create(
        "bookworm small packages", '{"archive": "debian", "suite": "bookworm"}',
        priority=1, replicas=1, now=server.clock(),
    )  # fmt: skip
    server.ledger.campaigns.enlist(
        campaign, made.target_ids, manual=False, now=server.clock(), spread=desk.spread
    )
    for _ in stories:
        job = pop(client)
        assert job is not None
        report(server, client, job, by_name[job["name"]])
    return {build.name: build.id for build in server.ledger.builds.recent(1000)}


def pop(client: FlaskClient) -> dict[str, Any] | None:
    """Ask for work as our worker does."""
    answer: Any = client.post(
        "/api/v1/queue/pop",
        json={
            "supported_backends": ["debian"],
            "architecture": "x86_64",
            "supported_architectures": ["amd64", "all"],
            "dejabuild": {"version": 1, "tags": []},
        },
        headers={"X-Worker-Key": WORKER},
    ).json
    return None if answer in ("Nothing", None) else answer["Rebuild"]["job"]


def report(server: RebuildServer, client: FlaskClient, job: dict[str, Any], story: Story) -> None:
    """Upload evidence and report, as our worker does."""
    head = {"X-Worker-Key": WORKER}
    pieces = [("log", "", log_of(story))]
    if story.diff:
        pieces.append(("diffoscope-text", file_of(story), story.diff))
    evidence = []
    for kind, name, text in pieces:
        path = f"/api/dejabuild/v1/jobs/{job['id']}/evidence/{kind}" + (f"/{name}" if name else "")
        answer = client.put(path, data=text.encode(), headers=head)
        assert answer.status_code == 201, answer.text
        digest = Digest.of(text.encode()).hex
        size = len(text.encode())
        assert answer.json == {"sha256": digest, "size": size, "stored_sha256": digest}
        evidence.append({"kind": kind, "name": name, "sha256": digest})
    server.clock.now += 60 * story.minutes
    built = original_of(story) if story.status == "GOOD" else Digest.of(b"something else")
    artifacts = [
        {
            "name": file_of(story), "diffoscope": None, "attestation": None,
            "status": story.status, "sha256": built.hex, "size": 48_212,
        }
    ]  # fmt: skip
    body = {
        "queue_id": job["id"],
        "built_at": naive_time(server.clock.now),
        "build_log": [],
        "status": story.status,
        "artifacts": [] if story.reason else artifacts,
        "dejabuild": {
            "lease": job["dejabuild"]["lease"],
            "reason": story.reason,
            "detail": story.detail,
            "environment": job["dejabuild"]["environment"],
            "strategy": "strict",
            "phases": {"download": 0.8, "environment": 1.4, "build": 11.2, "compare": 0.3},
            "evidence": evidence,
            "worker_version": "dejabuild 0.1.0",
        },
    }
    answer = client.post("/api/v1/builds", json=body, headers=head)
    assert answer.status_code == 204, answer.text


def log_of(story: Story) -> str:
    lines = [f"dpkg-buildpackage: info: source package {story.source}"]
    lines += [f"   dh_step_{number} --with-some-option=<value>" for number in range(300)]
    lines.append(story.detail or "dpkg-buildpackage: info: binary-only upload (no source included)")
    return "\n".join(lines) + "\n"
