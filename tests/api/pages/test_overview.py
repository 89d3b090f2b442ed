# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

from snapshot.public_key import keyid
from tests.api.rebuild_server import BEGAN, RebuildServer


def test_empty_lists_say_what_to_do(server: RebuildServer) -> None:
    client = server.app.test_client()
    assert "dejabuild rebuild FILE.buildinfo" in client.get("/").text
    assert "dejabuild campaign create" in client.get("/campaigns").text
    assert "dejabuild worker" in client.get("/workers").text


def test_the_first_page_counts_verdicts_in_words_and_in_a_picture(lively: RebuildServer) -> None:
    page = lively.app.test_client().get("/").text
    assert 'aria-label="5 good, 1 bad, 2 failed, 0 not judged yet"' in page
    assert "1 of 1 workers heard" in page
    assert "libsub-name-perl" in page


def test_no_page_tells_a_worker_key_because_whoever_sends_it_is_that_worker(
    server: RebuildServer,
) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    server.ledger.workers.register(key, "builder", "127.0.0.1", now=BEGAN)
    server.ledger.workers.register("curlkey", "odd one", "127.0.0.1", now=BEGAN)
    page = server.app.test_client().get("/workers").text
    assert key[:12] not in page
    assert "curlkey" not in page
    assert keyid(bytes(range(32))) in page
