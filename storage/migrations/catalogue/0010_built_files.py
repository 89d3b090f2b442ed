# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files build records say that they built."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0010"
down_revision = "catalogue_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "built_files",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "buildinfo_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["buildinfo_id"], ["buildinfos.id"]),
        sa.PrimaryKeyConstraint("digest", "buildinfo_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("built_files_of_record", "built_files", ["buildinfo_id"], unique=False)


def downgrade() -> None:
    op.drop_table("built_files")
