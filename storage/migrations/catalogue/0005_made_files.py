# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the repositories that we make and sign: made once, kept as blobs."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0005"
down_revision = "catalogue_0004"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "made_files",
        _text("subject"),
        _text("path"),
        _text("maker"),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "path"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("made_files")
