# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments are kept while somebody needs them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import content, day


def environment(name: str) -> Environment:
    return Environment("deb", frozenset({Member(name, "amd64", "1.0", content(name))}))


def test_an_environment_asked_for_again_is_the_same_one(catalogue: Catalogue) -> None:
    first = catalogue.add_environment(environment("a"), now=day(1))
    assert (first.id, first.kind, first.members) == (environment("a").id, "deb", 1)
    assert (first.created, first.last_used, first.pinned) == (day(1), day(1), False)
    again = catalogue.add_environment(environment("a"), now=day(2))
    assert (again.created, again.last_used) == (day(1), day(2))
    assert catalogue.environment(first.id) == again
    assert catalogue.environment(content("unknown")) is None


def test_use_moves_when_it_was_last_used(catalogue: Catalogue) -> None:
    catalogue.add_environment(environment("a"), now=day(1))
    assert catalogue.use_environment(environment("a").id, day(3))
    assert not catalogue.use_environment(content("unknown"), day(3))
    found = catalogue.environment(environment("a").id)
    assert found
    assert found.last_used == day(3)


def test_a_pinned_environment_is_kept_until_its_last_holder_lets_go(catalogue: Catalogue) -> None:
    identity = environment("a").id
    catalogue.add_environment(environment("a"), now=day(1), holder="job:1")
    for _ in range(2):
        catalogue.pin(identity, "job:2", day(1))
    assert not catalogue.remove_environment(identity)
    assert catalogue.unpin("job:1") == 1
    found = catalogue.environment(identity)
    assert found
    assert found.pinned
    assert catalogue.evictable_environments(keep=0) == ()
    assert catalogue.unpin("job:2") == 1
    assert catalogue.evictable_environments(keep=0) == (identity,)
    assert catalogue.remove_environment(identity)
    assert catalogue.environment(identity) is None


def test_one_of_several_things_is_let_go(catalogue: Catalogue) -> None:
    for name in "ab":
        catalogue.add_environment(environment(name), now=day(1), holder="token:x")
    assert catalogue.unpin("token:x", environment("a").id) == 1
    assert catalogue.evictable_environments(keep=0) == (environment("a").id,)


def test_two_who_ask_at_once_both_get_it(catalogue: Catalogue) -> None:
    together = Barrier(4, timeout=10)

    def ask(number: int) -> Digest:
        together.wait()
        wanted = environment(f"a{number // 4}")
        found = catalogue.add_environment(wanted, now=day(1), holder="job:1")
        catalogue.pin(wanted.id, "job:2", day(1))
        return found.id

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(40)))
    assert found == [environment(f"a{number // 4}").id for number in range(40)]


def test_the_longest_unused_are_evicted_first(catalogue: Catalogue) -> None:
    for number, name in enumerate("abcd", start=1):
        catalogue.add_environment(environment(name), now=day(number))
    catalogue.use_environment(environment("a").id, day(9))
    found = catalogue.evictable_environments(keep=2)
    assert found == (environment("b").id, environment("c").id)


def test_a_large_one_takes_the_place_of_several(catalogue: Catalogue) -> None:
    large = Environment(
        "deb", frozenset(Member(f"p{n}", "all", "1", content(f"{n}")) for n in range(2500))
    )
    for number, name in enumerate("ab", start=1):
        catalogue.add_environment(environment(name), now=day(number))
    catalogue.add_environment(large, now=day(3))
    assert catalogue.evictable_environments(keep=5) == ()
    assert catalogue.evictable_environments(keep=4) == (environment("a").id,)
    assert catalogue.evictable_environments(keep=2) == (
        environment("a").id,
        environment("b").id,
        large.id,
    )


def test_the_one_just_asked_for_stays_whatever_it_weighs(catalogue: Catalogue) -> None:
    for name in "abc":  # in one second
        catalogue.add_environment(environment(name), now=day(1))
    for name in "abc":
        newest, others = environment(name).id, {environment(one).id for one in "abc" if one != name}
        assert set(catalogue.evictable_environments(keep=1, newest=newest)) == others
        assert set(catalogue.evictable_environments(keep=0, newest=newest)) == others
