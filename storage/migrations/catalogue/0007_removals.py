# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator took out of the archives, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0007"
down_revision = "catalogue_0006"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "removals",
        sa.Column("id", key, nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        _text("reason"),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "removal_files",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("removal_id", key, nullable=False),
        sa.ForeignKeyConstraint(["removal_id"], ["removals.id"]),
        sa.PrimaryKeyConstraint("digest", "removal_id"),
    )
    op.create_index("removal_files_of_removal", "removal_files", ["removal_id"])
    op.create_table(
        "removal_runs",
        sa.Column("run_id", key, nullable=False),
        sa.Column("removal_id", key, nullable=False),
        sa.ForeignKeyConstraint(["removal_id"], ["removals.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.PrimaryKeyConstraint("run_id", "removal_id"),
    )
    op.create_index("removal_runs_of_removal", "removal_runs", ["removal_id"])


def downgrade() -> None:
    op.drop_table("removal_runs")
    op.drop_table("removal_files")
    op.drop_table("removals")
