# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a build record needs to exact files, and to where and when they lived.

The catalogue says where each package lived (`Candidate`); everything here is arithmetic
over those answers. Content decides: an environment is a set of digests, and the dated
suites are only a way for others to install the same set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snapshot.candidate import Candidate, Chosen
from snapshot.coordinates import Coordinates
from snapshot.dated_suites import CoverStep, minimal_cover
from snapshot.deb_version import nearest_versions
from snapshot.environment import Environment, Kind, Member
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

__all__ = [
    "Answers",
    "Candidate",
    "Chosen",
    "CoverStep",
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
        alternatives: What is nearest: the same version for other architectures, or the next
            older and the next newer version; empty when nothing is known.
    """

    need: Need
    why: str
    alternatives: tuple[Candidate, ...] = ()

    @property
    def nearest(self) -> str:
        """The alternatives for people."""
        if self.why == "other architecture":
            words = " ".join(sorted({one.architecture for one in self.alternatives}))
            return f"{self.need.version} for {words}"
        return ", ".join(map(_seen, self.alternatives))


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer.

    Attributes:
        chosen: Answered needs, in the order asked.
        missing: The others, in the order asked.
        ambiguous: Answered needs for which files with different bytes exist.
        unverified: Answered needs whose file only archives without signatures name.
        cover: Few dated suites that hold all that was found.
        at_least: Fewer cannot do; as many as there are in `cover`: they are the fewest.
        environment: The exact set of packages; None while one of them is missing.
    """

    chosen: tuple[Chosen, ...]
    missing: tuple[Missing, ...]
    ambiguous: tuple[Need, ...]
    unverified: tuple[Need, ...]
    cover: tuple[CoverStep, ...]
    at_least: int
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
    dated = minimal_cover(answers.chosen, near)
    return Resolution(
        chosen=answers.chosen,
        missing=answers.missing,
        ambiguous=answers.ambiguous,
        unverified=answers.unverified,
        cover=dated.steps,
        at_least=dated.at_least,
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
    fitting: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        fitting[candidate[:2]].append(candidate)  # name and version
    chosen: list[Chosen] = []
    missing: list[Need] = []
    ambiguous: list[Need] = []
    for need in dict.fromkeys(needs):
        wanted = _architectures(need, build_architecture)
        fit = [c for c in fitting.get(need[:2], ()) if c.architecture in wanted]
        if not fit:
            missing.append(need)
            continue
        if len(fit) > 1:
            fit.sort(key=lambda c: _preference(c, near, build_architecture))
            best = fit[0]
            if len({c.digest for c in fit if c.architecture == best.architecture}) > 1:
                ambiguous.append(need)
            fit = [c for c in fit if c.digest == best.digest]
        chosen.append(Chosen(need, tuple(fit)))
    return Answers(tuple(chosen), _explain_all(missing, fitting), tuple(ambiguous))


def _explain_all(
    missing: Iterable[Need], fitting: Mapping[tuple[str, str], Sequence[Candidate]]
) -> tuple[Missing, ...]:
    known: dict[str, list[Candidate]] = defaultdict(list)
    for (name, _), candidates in fitting.items():
        known[name].extend(candidates)
    return tuple(explain_missing(need, known.get(need.name, ())) for need in missing)


def explain_missing(need: Need, known: Sequence[Candidate]) -> Missing:
    """Say what is nearest to a need that nothing answers.

    Args:
        need: What was asked for.
        known: Candidates of that name, of any version and architecture.
    """
    alike = [c for c in known if (c.architecture == "source") == (need.kind == "source")]
    if not alike:
        return Missing(need, "unknown package")
    same = [c for c in alike if c.version == need.version]
    if same:
        firsts = {c.architecture: c for c in reversed(same)}
        return Missing(need, "other architecture", tuple(firsts[one] for one in sorted(firsts)))
    nearest = nearest_versions(need.version, {c.version for c in alike})
    found = (min((c for c in alike if c.version == one), key=_first_seen) for one in nearest)
    return Missing(need, "unknown version", tuple(found))


def _environment(chosen: Sequence[Chosen], kind: Kind) -> Environment:
    files = [choice.candidates[0] for choice in chosen if choice.need.kind == "binary"]
    return Environment(
        kind, frozenset([Member(f.name, f.architecture, f.version, f.digest) for f in files])
    )


def _architectures(need: Need, build_architecture: str) -> tuple[str, ...]:
    """What an answer may be for: a need that names none means the build's own, or any."""
    if need.kind == "source":
        return ("source",)
    if need.architecture is not None:
        return (need.architecture,)
    return (build_architecture, "all", "any", "noarch")


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
    where = f"{candidate.coordinates.archive}/{candidate.coordinates.suite}"
    from_then = f" from {candidate.intervals[0].first}" if candidate.intervals else ""
    return f"{candidate.version} in {where}{from_then}"


def _first_seen(candidate: Candidate) -> tuple[int, Coordinates]:
    first = candidate.intervals[0].first.epoch if candidate.intervals else 1 << 62
    return first, candidate.coordinates
