# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from orchestrator.judge import Claimed, OriginalFile, Produced, judge
from snapshot.digest import Digest
from snapshot.verdict import Original, Reason, Status

RIGHT, WRONG = Digest.of(b"right"), Digest.of(b"wrong")


def original(name: str = "a.deb", digest: Digest | None = RIGHT) -> OriginalFile:
    return OriginalFile(1, name.removesuffix(".deb"), name, digest, 5, Original.INDEX)


def produced(
    status: Status = Status.GOOD,
    digest: Digest | None = RIGHT,
    name: str = "a.deb",
    *,
    compared: bool = False,
) -> Produced:
    return Produced(name, status, digest, compared=compared)


def verdict(
    *files: Produced, status: Status = Status.GOOD, stock: bool = False, **more: object
) -> str:
    claimed = Claimed(status, files, stock=stock, **more)  # type: ignore[arg-type]
    return str(judge([original()], claimed).verdict)


def test_equal_digests_are_good() -> None:
    assert verdict(produced()) == "GOOD"


def test_a_differing_digest_is_bad() -> None:
    assert verdict(produced(Status.BAD, WRONG), status=Status.BAD) == "BAD"


def test_reported_good_with_a_differing_digest_is_never_good() -> None:
    assert verdict(produced(Status.GOOD, WRONG)) == "FAIL compare-error"


def test_reported_good_without_a_digest_is_never_good() -> None:
    assert verdict(produced(Status.GOOD, None)) == "FAIL compare-error"
    assert verdict(produced(Status.GOOD, None), stock=True) == "FAIL compare-error"


def test_reported_good_with_an_unknown_original_is_never_good() -> None:
    judgement = judge([original(digest=None)], Claimed(Status.GOOD, (produced(),)))
    assert str(judgement.verdict) == "FAIL compare-error"
    assert "no known original" in judgement.verdict.detail


def test_a_link_that_does_not_hold_is_a_compare_error() -> None:
    broken = Produced("a.deb", Status.GOOD, RIGHT, problem="the signature does not hold")
    assert verdict(broken) == "FAIL compare-error"


def test_reported_bad_with_the_original_digest_is_believed_by_nobody() -> None:
    assert verdict(produced(Status.BAD, RIGHT), status=Status.BAD) == "FAIL compare-error"


def test_no_originals_are_never_good() -> None:
    assert str(judge([], Claimed(Status.GOOD, ())).verdict) == "FAIL compare-error"


def test_no_artifacts_are_never_good() -> None:
    assert verdict(status=Status.GOOD) == "BAD"
    assert verdict(status=Status.GOOD, stock=True) == "BAD (reported)"


def test_an_artifact_that_was_not_built_is_bad_and_named() -> None:
    both = [original("a.deb"), original("b.deb")]
    judgement = judge(both, Claimed(Status.BAD, (produced(),)))
    assert str(judgement.verdict) == "BAD"
    assert judgement.verdict.detail == "b.deb was not built"
    assert [a.status for a in judgement.artifacts] == [Status.GOOD, Status.BAD]


def test_an_extra_artifact_changes_nothing() -> None:
    assert verdict(produced(), produced(name="extra.deb", digest=WRONG)) == "GOOD"


def test_a_stock_bad_without_artifacts_is_bad_reported() -> None:
    assert verdict(status=Status.BAD, stock=True) == "BAD (reported)"
    assert verdict(produced(Status.BAD, None), status=Status.BAD, stock=True) == "BAD (reported)"


def test_a_stock_bad_whose_log_yields_a_reason_is_a_fail() -> None:
    said = verdict(status=Status.BAD, stock=True, log_reason=Reason.BUILD_FAILED)
    assert said == "FAIL build-failed"


def test_a_stock_bad_with_a_shown_difference_was_built_whatever_the_log_says() -> None:
    shown = produced(Status.BAD, None, compared=True)
    said = verdict(shown, status=Status.BAD, stock=True, log_reason=Reason.BUILD_FAILED)
    assert said == "BAD (reported)"


def test_a_stock_bad_with_one_proved_good_was_built_whatever_the_log_says() -> None:
    both = [original("a.deb"), original("b.deb")]
    claimed = Claimed(
        Status.BAD,
        (produced(), produced(Status.BAD, None, "b.deb")),
        log_reason=Reason.BUILD_FAILED,
        stock=True,
    )
    assert str(judge(both, claimed).verdict) == "BAD (reported)"


def test_the_reason_of_our_worker_stands() -> None:
    said = verdict(status=Status.FAIL, reason=Reason.DEPENDENCY_MISSING, detail="libfoo 1.2")
    assert said == "FAIL dependency-missing"


def test_a_stock_fail_takes_its_reason_from_the_log_else_its_own_setup() -> None:
    found = verdict(status=Status.FAIL, stock=True, log_reason=Reason.SOURCE_MISSING)
    assert found == "FAIL source-missing"
    assert verdict(status=Status.FAIL, stock=True) == "FAIL environment-setup"


def test_a_fail_of_ours_without_a_reason_is_our_mistake() -> None:
    assert verdict(status=Status.FAIL) == "FAIL compare-error"


def test_a_long_list_of_differences_is_cut_for_people() -> None:
    many = [original(f"package{n}.deb") for n in range(100)]
    detail = judge(many, Claimed(Status.BAD, ())).verdict.detail
    assert len(detail) == 500
    assert detail.endswith("…")
