# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a build record needs to exact files, and to where and when they lived.

The catalogue says where each package lived (`Candidate`); everything here is arithmetic
over those answers. Content decides: an environment is a set of digests, and the dated
suites are only a way for others to install the same set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snapshot.candidate import Candidate, Chosen
from snapshot.coordinates import Coordinates
from snapshot.dated_suites import CoverStep, Location, all_locations, minimal_cover
from snapshot.deb_version import version_key
from snapshot.environment import Environment, Kind, Member
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

__all__ = [
    "Answers",
    "Candidate",
    "Chosen",
    "CoverStep",
    "Location",
    "Missing",
    "Need",
    "Resolution",
    "answer",
    "resolve",
]


@dataclass(frozen=True, slots=True)
class Missing:
    """A need that nothing answers.

    Attributes:
        need: What was asked for.
        why: `unknown package`, `unknown version` or `other architecture`.
        nearest: The closest thing that is known, for people; empty when nothing is.
    """

    need: Need
    why: str
    nearest: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer.

    Attributes:
        chosen: Answered needs, in the order asked.
        missing: The others, in the order asked.
        ambiguous: Answered needs for which files with different bytes exist.
        unverified: Answered needs whose file only archives without signatures name.
        cover: The fewest dated suites that hold all that was found.
        locations: Every stream that holds something, most useful first.
        environment: The exact set of packages; None while one of them is missing.
    """

    chosen: tuple[Chosen, ...]
    missing: tuple[Missing, ...]
    ambiguous: tuple[Need, ...]
    unverified: tuple[Need, ...]
    cover: tuple[CoverStep, ...]
    locations: tuple[Location, ...]
    environment: Environment | None


def resolve(
    needs: Sequence[Need],
    candidates: Iterable[Candidate],
    *,
    near: Timestamp | None,
    build_architecture: str,
    kind: Kind = "deb",
) -> Resolution:
    """Answer needs from candidates.

    Args:
        needs: What the record asks for.
        candidates: What the catalogue knows about packages of these names; other versions
            and architectures only serve to explain what is missing.
        near: When the build was made; nearer presences are preferred.
        build_architecture: What a need without an architecture means, besides `all`.
        kind: Kind of the environment.
    """
    answers = answer(needs, candidates, near=near, build_architecture=build_architecture)
    lacking = any(gap.need.kind == "binary" for gap in answers.missing)
    return Resolution(
        chosen=answers.chosen,
        missing=answers.missing,
        ambiguous=answers.ambiguous,
        unverified=answers.unverified,
        cover=minimal_cover(answers.chosen, near),
        locations=all_locations(answers.chosen),
        environment=None if lacking else _environment(answers.chosen, kind),
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """The files that answer needs; unlike an environment, any number of versions of a package.

    Attributes:
        chosen: Answered needs, in the order asked.
        missing: The others, in the order asked.
        ambiguous: Answered needs for which files with different bytes exist.
    """

    chosen: tuple[Chosen, ...]
    missing: tuple[Missing, ...]
    ambiguous: tuple[Need, ...]

    @property
    def unverified(self) -> tuple[Need, ...]:
        """Answered needs whose file only archives without signatures name."""
        return tuple(choice.need for choice in self.chosen if not choice.file.verified)


def answer(
    needs: Sequence[Need],
    candidates: Iterable[Candidate],
    *,
    near: Timestamp | None,
    build_architecture: str,
) -> Answers:
    """Choose a file for each need; the arguments are those of `resolve`."""
    by_name: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_name[candidate.name].append(candidate)
    chosen: list[Chosen] = []
    missing: list[Missing] = []
    ambiguous: list[Need] = []
    for need in dict.fromkeys(needs):
        fitting = [c for c in by_name[need.name] if _fits(c, need, build_architecture)]
        if not fitting:
            missing.append(explain_missing(need, by_name[need.name]))
            continue
        best = min(fitting, key=lambda c: _preference(c, near, build_architecture))
        same = [c for c in fitting if c.digest == best.digest]
        same.sort(key=lambda c: _preference(c, near, build_architecture))
        chosen.append(Chosen(need, tuple(same)))
        if len({c.digest for c in fitting if c.architecture == best.architecture}) > 1:
            ambiguous.append(need)
    return Answers(tuple(chosen), tuple(missing), tuple(ambiguous))


def explain_missing(need: Need, known: Sequence[Candidate]) -> Missing:
    """Say what is nearest to a need that nothing answers.

    Args:
        need: What was asked for.
        known: Candidates of that name, of any version and architecture.
    """
    if not known:
        return Missing(need, "unknown package", "")
    same = [c for c in known if c.version == need.version]
    if same:
        architectures = " ".join(sorted({c.architecture for c in same}))
        return Missing(need, "other architecture", f"{need.version} for {architectures}")
    wanted = version_key(need.version)
    older = [c for c in known if version_key(c.version) < wanted]
    newer = [c for c in known if version_key(c.version) > wanted]
    words = []
    if older:
        words.append(_seen(max(older, key=lambda c: version_key(c.version))))
    if newer:
        words.append(_seen(min(newer, key=lambda c: version_key(c.version))))
    return Missing(need, "unknown version", ", ".join(words))


def _environment(chosen: Sequence[Chosen], kind: Kind) -> Environment:
    files = (choice.file for choice in chosen if choice.need.kind == "binary")
    return Environment(
        kind, frozenset(Member(f.name, f.architecture, f.version, f.digest) for f in files)
    )


def _fits(candidate: Candidate, need: Need, build_architecture: str) -> bool:
    if candidate.version != need.version:
        return False
    if need.kind == "source":
        return candidate.architecture == "source"
    if need.architecture is not None:
        return candidate.architecture == need.architecture
    return candidate.architecture in (build_architecture, "all", "any", "noarch")


def _preference(
    candidate: Candidate, near: Timestamp | None, build_architecture: str
) -> tuple[bool, int, int, Coordinates, str]:
    """Verified first, then the build's own architecture, then the presence nearest in time.

    An archive that proves nothing could else win any need by a date of its own making.
    """
    if near is None:
        distance = 0
    else:
        distance = min((_distance(i, near) for i in candidate.intervals), default=1 << 62)
    native = 0 if candidate.architecture == build_architecture else 1
    return not candidate.verified, native, distance, candidate.coordinates, candidate.digest.hex


def _distance(interval: Interval, at: Timestamp) -> int:
    if at in interval:
        return 0
    if at < interval.first:
        return interval.first.epoch - at.epoch
    return at.epoch - (interval.until.epoch if interval.until else at.epoch)


def _seen(candidate: Candidate) -> str:
    first = min((interval.first for interval in candidate.intervals), default=None)
    where = f"{candidate.coordinates.archive}/{candidate.coordinates.suite}"
    return f"{candidate.version} in {where}" + (f" from {first}" if first else "")
