# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader gets the bytes it was promised or an error, whatever the service does to the body."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.errors import DejabuildError, TransientError
from storage.blobs import describe
from storage.blobs.s3 import S3Blobs
from tests.faulty_object_store import Ahead, Answer, Asked, Fault, faulty
from tests.object_stores import ObjectServer

DATA = random.Random(1).randbytes(3 << 20)
DIGEST = Digest.of(DATA)


def read_through(
    server: ObjectServer, spool: Path, fault: Fault, start: int = 0, end: int | None = None
) -> tuple[bytes, list[Asked]]:
    place = server.place()
    S3Blobs(place, spool).add([DATA])
    with faulty(server, fault) as (broken, seen):
        store = S3Blobs(replace(place, endpoint=broken.endpoint), spool)
        with store.open(DIGEST, start, end) as reader:
            return reader.read(), seen


@pytest.mark.parametrize(("start", "end"), [(0, None), (1000, 2 << 20)])
def test_a_body_that_breaks_off_is_gone_on_with(
    seaweed: ObjectServer, tmp_path: Path, start: int, end: int | None
) -> None:
    def cut(asked: Asked, ahead: Ahead) -> Answer:
        answer = ahead()
        if asked.method == "GET" and len(answer.body) > 1_300_000:
            answer.cut = 1_200_000
        return answer

    got, seen = read_through(seaweed, tmp_path, cut, start, end)
    assert got == DATA[start:end]
    assert sum(one.method == "GET" for one in seen) > 1


def test_a_body_that_always_breaks_off_is_an_error_not_an_end(
    seaweed: ObjectServer, tmp_path: Path
) -> None:
    def cut(asked: Asked, ahead: Ahead) -> Answer:
        answer = ahead()
        answer.cut = 0 if asked.method == "GET" else None
        return answer

    with pytest.raises(TransientError):
        read_through(seaweed, tmp_path, cut)


def test_a_shorter_object_than_its_head_said_is_an_error(
    seaweed: ObjectServer, tmp_path: Path
) -> None:
    def shorten(asked: Asked, ahead: Ahead) -> Answer:
        answer = ahead()
        if asked.method == "GET":
            answer.body = answer.body[: len(answer.body) // 2]
        return answer

    with pytest.raises(DejabuildError, match=r"bytes|range"):
        read_through(seaweed, tmp_path, shorten)


def test_a_service_without_ranges_is_read_past_what_is_not_wanted(
    seaweed: ObjectServer, tmp_path: Path
) -> None:
    def whole(asked: Asked, ahead: Ahead) -> Answer:
        answer = ahead()
        if asked.method == "GET":
            return Answer(200, answer.headers, DATA)
        return answer

    got, _ = read_through(seaweed, tmp_path, whole, 1_500_000, 1_600_000)
    assert got == DATA[1_500_000:1_600_000]


def test_passing_failures_are_tried_again(seaweed: ObjectServer, tmp_path: Path) -> None:
    failed: list[str] = []

    def now_and_then(asked: Asked, ahead: Ahead) -> Answer:
        if len(failed) < 2:
            failed.append(asked.method)
            return Answer(503)
        return ahead()

    got, _ = read_through(seaweed, tmp_path, now_and_then)
    assert got == DATA
    assert len(failed) == 2


def test_wrong_bytes_of_the_right_length_are_found_by_hashing(
    seaweed: ObjectServer, tmp_path: Path
) -> None:
    def wrong(asked: Asked, ahead: Ahead) -> Answer:
        answer = ahead()
        if asked.method == "GET":
            answer.body = bytes(len(answer.body))
        return answer

    place = seaweed.place()
    S3Blobs(place, tmp_path).add([DATA])
    with faulty(seaweed, wrong) as (broken, _):
        store = S3Blobs(replace(place, endpoint=broken.endpoint), tmp_path)
        with pytest.raises(DejabuildError, match="is damaged"):
            describe(store, DIGEST)
