# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a test on which database."""

from tests.count_databases import count_backends


def test_the_database_is_read_from_the_name_and_other_rooms_do_not_count() -> None:
    names = [
        "tests/storage/a.py::test_x[sqlite]",
        "tests/storage/a.py::test_x[postgresql-1]",
        "tests/orchestrator/b.py::test_y[case-sqlite]",
        "tests/orchestrator/b.py::test_without",
        "tests/api/c.py::test_z[sqlite]",
    ]
    assert count_backends(names) == {"sqlite": 2, "postgresql": 1}
