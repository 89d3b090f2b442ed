# SPDX-License-Identifier: GPL-3.0-or-later
"""Local files are answered as by a careful web server, and nothing outside a directory is."""

from __future__ import annotations

import os
from email.utils import formatdate
from pathlib import Path

import pytest

from mirror.open_url import Opener, Response
from snapshot.errors import Denied, InvalidInput, NotFound

BODY = bytes(range(256)) * 4
MODIFIED = 1_700_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "mirror"
    (root / "pool/a b").mkdir(parents=True)
    file = root / "pool/a b/x+1%3a2.deb"
    file.write_bytes(BODY)
    os.utime(file, (MODIFIED, MODIFIED))
    (tmp_path / "secret").write_text("not ours")
    return root


FILE = "pool/a%20b/x+1%253a2.deb"


def get(root: Path, path: str, **headers: str) -> Response:
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    return Opener(agent="test").open(f"file://{root}/./{path}", given)


def body(response: Response) -> bytes:
    with response:
        return b"".join(iter(response.read, b""))


def test_a_file_comes_with_size_date_and_validator(tree: Path) -> None:
    response = get(tree, FILE)
    assert response.status == 200
    assert response.headers["content-length"] == str(len(BODY))
    assert response.headers["last-modified"] == formatdate(MODIFIED, usegmt=True)
    assert response.headers["etag"].startswith('"')
    assert body(response) == BODY


def test_a_range_is_honoured_while_the_file_is_the_same(tree: Path) -> None:
    etag = get(tree, FILE).headers["etag"]
    part = get(tree, FILE, Range="bytes=1000-", If_Range=etag)
    assert part.status == 206
    assert part.headers["content-range"] == f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"
    assert body(part) == BODY[1000:]
    whole = get(tree, FILE, Range="bytes=1000-", If_Range='"another"')
    assert (whole.status, body(whole)) == (200, BODY)
    assert get(tree, FILE, Range=f"bytes={len(BODY)}-").status == 416


def test_what_has_not_changed_is_not_sent(tree: Path) -> None:
    same = get(tree, FILE, If_Modified_Since=formatdate(MODIFIED, usegmt=True))
    assert (same.status, body(same)) == (304, b"")
    assert get(tree, FILE, If_Modified_Since=formatdate(MODIFIED - 1, usegmt=True)).status == 200
    assert get(tree, FILE, If_None_Match=same.headers["etag"]).status == 304
    date = formatdate(MODIFIED, usegmt=True)
    assert get(tree, FILE, If_None_Match='"another"', If_Modified_Since=date).status == 200


def test_a_directory_is_a_page_of_its_names(tree: Path) -> None:
    (tree / "pool/deep").mkdir()
    os.mkfifo(tree / "pool/pipe")
    assert body(get(tree, "pool/")) == b'<a href="a%20b/">\n<a href="deep/">\n'
    assert body(get(tree, "pool/a%20b")) == b'<a href="x%2B1%253a2.deb">\n'


def test_links_may_lead_about_inside(tree: Path) -> None:
    (tree / "dists").mkdir()
    (tree / "dists/stable").symlink_to("../pool")
    assert body(get(tree, f"dists/stable/{FILE.removeprefix('pool/')}")) == BODY


@pytest.mark.parametrize("target", ["../../secret", "/etc/passwd", ".."])
def test_a_link_that_leads_out_is_refused(tree: Path, target: str) -> None:
    (tree / "pool/link").symlink_to(target)
    with pytest.raises(Denied, match="leads out of"):
        get(tree, "pool/link" if target != ".." else "pool/link/../../secret")


@pytest.mark.parametrize("path", ["../secret", "pool/../../secret", "%2e%2e/secret"])
def test_a_path_that_leads_out_is_refused(tree: Path, path: str) -> None:
    with pytest.raises(Denied, match="leads out of"):
        get(tree, path)


def test_the_directory_itself_may_be_reached_by_a_link(tree: Path) -> None:
    link = tree.with_name("mounted")
    link.symlink_to(tree)
    assert body(get(link, FILE)) == BODY


def test_pipes_and_loops_are_refused(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(Denied, match="not a plain file"):
        get(tree, "pipe")
    (tree / "loop").symlink_to("loop")
    with pytest.raises(Denied):
        get(tree, "loop")


def test_what_is_not_there_is_missing(tree: Path) -> None:
    for path in ("pool/y.deb", f"{FILE}/z"):
        with pytest.raises(NotFound, match="no such file"):
            get(tree, path)


@pytest.mark.parametrize("url", ["file://host/etc/passwd", "file:etc/passwd", "file:///a%00b"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Opener(agent="test").open(url)
