"""Imports by upload, the log of acts that have no journal, and who made, used and revoked a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ACTS = "ix_decisions_acts"
IS_ACT = "event ->> 'by' is not null"
OF_SESSION = "ix_session_decisions_acts"
IS_SESSION_ACT = "because -> 0 -> 'numbers' ->> 'by' is not null"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "imports",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problems", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problem_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("remarks", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("ends_too_much", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("kind in ('csv', 'oneroster')", name=op.f("ck_imports_kind")),
        sa.CheckConstraint("state in ('refused', 'previewed', 'applied', 'discarded')", name=op.f("ck_imports_state")),
        sa.CheckConstraint(
            "(state = 'previewed') = (ended_at is null and digest is not null)", name=op.f("ck_imports_ended")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_imports_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "uploaded_by"], ["staff.org_id", "staff.id"], name=op.f("fk_imports_org_id_uploaded_by")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "ended_by"], ["staff.org_id", "staff.id"], name=op.f("fk_imports_org_id_ended_by")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_uploaded", "imports", ["org_id", "uploaded_at", "id"])
    op.create_table(
        "import_files",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("import_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_import_files_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "import_id"], ["imports.org_id", "imports.id"], name=op.f("fk_import_files_org_id_import_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "import_id", "name", name=op.f("pk_import_files")),
    )
    op.create_table(
        "audit_log",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("numbers", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reason_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_audit_log_org_id")),
        sa.ForeignKeyConstraint(["org_id", "by"], ["staff.org_id", "staff.id"], name=op.f("fk_audit_log_org_id_by")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["org_id", "at", "id"])
    op.execute(
        "create trigger append_only before update or delete or truncate on audit_log "
        "for each statement execute function refuse_change()"
    )
    op.add_column("api_keys", sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("api_keys", sa.Column("revoked_by", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("created_by", "revoked_by"):
        op.create_foreign_key(
            op.f(f"fk_api_keys_org_id_{name}"), "api_keys", "staff", ["org_id", name], ["org_id", "id"]
        )
    op.create_index(ACTS, "decisions", ["org_id", "at", "id"], postgresql_where=sa.text(IS_ACT))
    op.create_index(OF_SESSION, "session_decisions", ["org_id", "at", "id"], postgresql_where=sa.text(IS_SESSION_ACT))


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_index(OF_SESSION, table_name="session_decisions", postgresql_where=sa.text(IS_SESSION_ACT))
    op.drop_index(ACTS, table_name="decisions", postgresql_where=sa.text(IS_ACT))
    for name in ("created_by", "revoked_by"):
        op.drop_constraint(op.f(f"fk_api_keys_org_id_{name}"), "api_keys", type_="foreignkey")
    for name in ("last_used_at", "revoked_by", "created_by"):
        op.drop_column("api_keys", name)
    for table in ("audit_log", "import_files", "imports"):
        op.drop_table(table)
