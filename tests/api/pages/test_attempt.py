# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.api.lively_server import Story, fill
from tests.api.rebuild_server import RebuildServer


def test_an_attempt_shows_digests_origin_difference_and_log(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    ids = {build.name: build.id for build in lively.ledger.builds.recent(100)}
    bad = client.get(f"/attempts/{ids['libsub-name-perl']}").text
    assert "from an index whose signature was verified" in bad
    assert '<span class="minus">│ │ │ -Depends: perl' in bad
    assert "/diffoscope" in bad
    assert "The last 60 lines" in bad
    assert "dh_step_299" in bad
    assert "dh_step_2 " not in bad
    assert "/environments/" in bad
    good = client.get(f"/attempts/{ids['catdoc']}").text
    assert "in-toto link" in good
    record = client.get(f"/attempts/{ids['gnokii']}").text
    assert "the build record alone: judged, never attested" in record
    assert "in-toto link" not in record
    failed = client.get(f"/attempts/{ids['dejabuild-needs-a-ghost']}").text
    assert "libghost-dev 6.6.6 amd64 is in no mirrored run" in failed
    assert "<strong>dependency-missing</strong>" in failed
    derived = client.get(f"/attempts/{ids['base-files']}").text
    assert "environment derived from debian at 20261107T144500Z" in derived


def test_what_a_worker_wrote_is_shown_as_text(server: RebuildServer) -> None:
    evil = "<script>alert(1)</script>"
    fill(server, (Story("hello", "1.0", "FAIL", "build-failed", evil, diff=""),))
    page = server.app.test_client().get("/attempts/1").text
    assert evil not in page
    assert "&lt;script&gt;" in page
