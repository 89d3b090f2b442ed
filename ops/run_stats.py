# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what is stored, and show it as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from mirror.collect import CollectStores, collect
from ops.open_stores import Stores
from storage.catalogue.statistics import Amount, ArchiveStatistics


@dataclass(frozen=True, slots=True)
class StorageStatistics:
    """Everything that is stored.

    Attributes:
        archives: By name.
        blobs: All blobs of the store.
        evidence: What workers sent, and signed links; each content once.
        orphans: Blobs that nothing needs: what `storage gc` would look at.
    """

    archives: tuple[ArchiveStatistics, ...]
    blobs: Amount
    evidence: Amount
    orphans: Amount


def count_storage(stores: Stores, *, clock: Callable[[], float]) -> StorageStatistics:
    """Count.

    Args:
        stores: The opened stores; every blob of the store is looked at, none is read.
        clock: Epoch seconds.

    Returns:
        The statistics.
    """
    everything = CollectStores(
        catalogue=stores.catalogue,
        ledger=stores.ledger,
        blobs=stores.blobs,
        layout=None,
        locks=stores.data.run,
        clock=clock,
    )
    found = collect(everything, grace=0.0, most=1.0, delete=False)
    unneeded = (found.packages, found.others, found.young)
    return StorageStatistics(
        archives=tuple(stores.catalogue.inventory.statistics()),
        blobs=found.stored,
        evidence=Amount(*stores.ledger.inventory.evidence()),
        orphans=Amount(sum(one.count for one in unneeded), sum(one.size for one in unneeded)),
    )


COLUMNS = (
    "archive", "runs", "files", "stored", "missing", "shared", "indices", "copies", "ratio",
)  # fmt: skip


def statistics_table(found: StorageStatistics) -> Table:
    """Lay the statistics out for a terminal.

    Args:
        found: From `count_storage`.

    Returns:
        A table of rich.
    """
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.archives:
        amounts = (one.files, one.stored, one.missing, one.shared, one.indices, one.copies)
        cells = [_amount(amount) for amount in amounts]
        table.add_row(one.name, f"{one.runs:,}", *cells, f"{one.ratio:.1f}")
    return table


def show_statistics(found: StorageStatistics, console: Console) -> None:
    """Print the table and the sums.

    Args:
        found: From `count_storage`.
        console: Where to.
    """
    console.print(statistics_table(found))
    for name, amount in (
        ("all blobs", found.blobs),
        ("evidence", found.evidence),
        ("needed by nothing", found.orphans),
    ):
        console.print(f"{name}: {_amount(amount)}", highlight=False)


def _amount(amount: Amount) -> str:
    if not amount.count:
        return "-"
    return f"{amount.count:,} ({amount.size / 1e6:,.1f} MB)"


def statistics_json(found: StorageStatistics) -> str:
    """The same as one line of JSON.

    Args:
        found: From `count_storage`.

    Returns:
        An object; every amount is `{"count": …, "bytes": …}`.
    """

    def amount(one: Amount) -> dict[str, int]:
        return {"count": one.count, "bytes": one.size}

    archives = {
        one.name: {
            "runs": one.runs,
            "files": amount(one.files),
            "stored": amount(one.stored),
            "missing": amount(one.missing),
            "shared": amount(one.shared),
            "indices": amount(one.indices),
            "copies": amount(one.copies),
            "ratio": round(one.ratio, 3),
        }
        for one in found.archives
    }
    return json.dumps(
        {
            "archives": archives,
            "blobs": amount(found.blobs),
            "evidence": amount(found.evidence),
            "orphans": amount(found.orphans),
        }
    )
