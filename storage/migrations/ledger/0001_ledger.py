# SPDX-License-Identifier: GPL-3.0-or-later
"""The job ledger, from the beginning."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("replicas", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("identity", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("architecture", sa.Text(), nullable=False),
        sa.Column("backend", sa.Text(), nullable=False),
        sa.Column("build", sa.Text(), nullable=False),
        sa.Column("input_name", sa.Text(), nullable=False),
        sa.Column("input_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("input_url", sa.Text(), nullable=False),
        sa.Column("environment", sa.LargeBinary(32), nullable=True),
        sa.Column("derive_archive", sa.Text(), nullable=False),
        sa.Column("derive_timestamp", sa.Text(), nullable=False),
        sa.Column("derive_suites", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("newest_attempt", sa.Integer(), nullable=True),
        sa.Column("newest_built_at", sa.Float(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_targets_source", "targets", ["source", "version"], unique=False)
    op.create_table(
        "workers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.Float(), nullable=False),
        sa.Column("last_ping", sa.Float(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "campaign_targets",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["targets.id"],
        ),
        sa.PrimaryKeyConstraint("campaign_id", "target_id"),
    )
    op.create_index(
        op.f("ix_campaign_targets_target_id"), "campaign_targets", ["target_id"], unique=False
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("replica", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("queued_at", sa.Float(), nullable=False),
        sa.Column("next_retry", sa.Float(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("worker_id", sa.Integer(), nullable=True),
        sa.Column("leases", sa.Integer(), nullable=False),
        sa.Column("hurried", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["targets.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_jobs_queued",
        "jobs",
        ["lane", "priority", "day", "spread", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(op.f("ix_jobs_target_id"), "jobs", ["target_id"], unique=False)
    op.create_index(
        "ix_jobs_waiting",
        "jobs",
        ["next_retry"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_jobs_open",
        "jobs",
        ["target_id", "replica"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'waiting', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'waiting', 'running')"),
    )
    op.create_table(
        "target_artifacts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("architecture", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["targets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("target_id", "file_name"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_target_artifacts_name", "target_artifacts", ["name", "version"], unique=False
    )
    op.create_index(
        op.f("ix_target_artifacts_sha256"), "target_artifacts", ["sha256"], unique=False
    )
    op.create_table(
        "target_suites",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("last_seen", sa.Float(), nullable=False),
        sa.Column("seen_in_last_sync", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["targets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("target_id", "release"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_target_suites_release", "target_suites", ["release", "seen_in_last_sync"], unique=False
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("claimed_at", sa.Float(), nullable=False),
        sa.Column("last_ping", sa.Float(), nullable=False),
        sa.Column("deadline", sa.Float(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_leases_active",
        "leases",
        ["deadline"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(op.f("ix_leases_job_id"), "leases", ["job_id"], unique=False)
    op.create_index("ix_leases_worker", "leases", ["worker_id", "job_id"], unique=False)
    op.create_table(
        "suite_artifacts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("suite_id", sa.Integer(), nullable=False),
        sa.Column("artifact_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact_id"],
            ["target_artifacts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["suite_id"],
            ["target_suites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("suite_id", "artifact_id", "component"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_suite_artifacts_artifact_id"), "suite_artifacts", ["artifact_id"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.Integer(), nullable=True),
        sa.Column("lease_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("built_at", sa.Float(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reported_only", sa.Boolean(), nullable=False),
        sa.Column("reported_status", sa.Text(), nullable=False),
        sa.Column("environment", sa.LargeBinary(32), nullable=True),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("worker_version", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["lease_id"],
            ["leases.id"],
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["targets.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lease_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attempts_built_at"), "attempts", ["built_at"], unique=False)
    op.create_index(op.f("ix_attempts_job_id"), "attempts", ["job_id"], unique=False)
    op.create_index("ix_attempts_newest", "attempts", ["target_id", "built_at", "id"], unique=False)
    op.create_index(op.f("ix_attempts_target_id"), "attempts", ["target_id"], unique=False)
    op.create_index(op.f("ix_attempts_worker_id"), "attempts", ["worker_id"], unique=False)
    op.create_table(
        "attempt_artifacts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("artifact_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact_id"],
            ["target_artifacts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_id", "file_name"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_attempt_artifacts_artifact_id"), "attempt_artifacts", ["artifact_id"], unique=False
    )
    op.create_index(
        op.f("ix_attempt_artifacts_sha256"), "attempt_artifacts", ["sha256"], unique=False
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("worker_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_evidence_attempt_id"), "evidence", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_evidence_job_id"), "evidence", ["job_id"], unique=False)
    op.create_table(
        "attestations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("attempt_artifact_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.LargeBinary(32), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("keyids", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_artifact_id"],
            ["attempt_artifacts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_artifact_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attestations_product"), "attestations", ["product"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_attestations_product"), table_name="attestations")
    op.drop_table("attestations")
    op.drop_index(op.f("ix_evidence_job_id"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_attempt_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_attempt_artifacts_sha256"), table_name="attempt_artifacts")
    op.drop_index(op.f("ix_attempt_artifacts_artifact_id"), table_name="attempt_artifacts")
    op.drop_table("attempt_artifacts")
    op.drop_index(op.f("ix_attempts_worker_id"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_target_id"), table_name="attempts")
    op.drop_index("ix_attempts_newest", table_name="attempts")
    op.drop_index(op.f("ix_attempts_job_id"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_built_at"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_suite_artifacts_artifact_id"), table_name="suite_artifacts")
    op.drop_table("suite_artifacts")
    op.drop_index("ix_leases_worker", table_name="leases")
    op.drop_index(op.f("ix_leases_job_id"), table_name="leases")
    op.drop_index(
        "ix_leases_active",
        table_name="leases",
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_table("leases")
    op.drop_index("ix_target_suites_release", table_name="target_suites")
    op.drop_table("target_suites")
    op.drop_index(op.f("ix_target_artifacts_sha256"), table_name="target_artifacts")
    op.drop_index("ix_target_artifacts_name", table_name="target_artifacts")
    op.drop_table("target_artifacts")
    op.drop_index(
        "uq_jobs_open",
        table_name="jobs",
        sqlite_where=sa.text("state IN ('queued', 'waiting', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'waiting', 'running')"),
    )
    op.drop_index(
        "ix_jobs_waiting",
        table_name="jobs",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(op.f("ix_jobs_target_id"), table_name="jobs")
    op.drop_index(
        "ix_jobs_queued",
        table_name="jobs",
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.drop_table("jobs")
    op.drop_index(op.f("ix_campaign_targets_target_id"), table_name="campaign_targets")
    op.drop_table("campaign_targets")
    op.drop_table("workers")
    op.drop_index("ix_targets_source", table_name="targets")
    op.drop_table("targets")
    op.drop_table("campaigns")
