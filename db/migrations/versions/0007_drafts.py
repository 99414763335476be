"""Drafts: messages held until a person has read them, who let them go, and the words with the facts behind them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ABOUT = (
    *(("student_id", "students"), ("guardian_id", "guardians"), ("session_id", "sessions")),
    *(("case_id", "cases"), ("edited_by", "staff")),
)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Uuid(as_uuid=False), nullable=nullable)


def _at(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _document(name: str, empty: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(f"'{empty}'"), nullable=False)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("messages", _id("approved_by", nullable=True))
    op.add_column("messages", _at("approved_at"))
    op.create_index(
        "ix_messages_in_review",
        "messages",
        ["org_id", "due_at"],
        postgresql_where=sa.text("state = 'held' and reason = 'review'"),
    )
    op.create_table(
        "drafts",
        _id("org_id"),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        _words("group_key"),
        sa.Column("number", sa.Integer(), nullable=False),
        _id("student_id"),
        _id("guardian_id"),
        _id("session_id", nullable=True),
        _id("case_id", nullable=True),
        _words("drafter"),
        _words("fell_back", nullable=True),
        _document("facts", "{}"),
        _words("fingerprint"),
        sa.Column("tokens", sa.Integer(), server_default="0", nullable=False),
        _at("made_at", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _id("edited_by", nullable=True),
        _at("edited_at"),
        _at("expired_at"),
        _document("expired_because", "[]"),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_drafts_org_id")),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column], [f"{table}.org_id", f"{table}.id"], name=op.f(f"fk_drafts_org_id_{column}")
            )
            for column, table in ABOUT
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("org_id", "group_key", "number", name=op.f("uq_drafts_org_id_group_key_number")),
    )
    op.create_index("ix_drafts_made", "drafts", ["made_at"])
    op.create_table(
        "draft_texts",
        _id("org_id"),
        _id("draft_id"),
        _id("message_id"),
        _words("channel"),
        _words("subject"),
        _words("story"),
        _words("ask"),
        _words("original_subject"),
        _words("original_story"),
        _words("original_ask"),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_draft_texts_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "draft_id"], ["drafts.org_id", "drafts.id"], name=op.f("fk_draft_texts_org_id_draft_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "draft_id", "message_id", name=op.f("pk_draft_texts")),
    )
    op.create_index("ix_draft_texts_message", "draft_texts", ["org_id", "message_id"])


def downgrade() -> None:
    op.drop_table("draft_texts")
    op.drop_table("drafts")
    op.execute("update messages set state = 'cancelled' where state = 'held' and reason = 'review'")
    op.drop_index("ix_messages_in_review", table_name="messages")
    op.drop_column("messages", "approved_at")
    op.drop_column("messages", "approved_by")
