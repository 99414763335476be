"""Delivery: what providers report of a message, when one is looked up, and addresses nothing is sent to any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "suppressed_addresses",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("channel in ('sms', 'email')", name=op.f("ck_suppressed_addresses_channel")),
        sa.CheckConstraint("(lifted_at is null) = (lifted_by is null)", name=op.f("ck_suppressed_addresses_lifted")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_suppressed_addresses_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "lifted_by"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_suppressed_addresses_org_id_lifted_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_suppressed_addresses")),
    )
    op.create_index(
        "uq_suppressed_addresses_in_force",
        "suppressed_addresses",
        ["org_id", "channel", "address"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.drop_column("guardians", "email_bounced_at")
    op.add_column(
        "messages",
        sa.Column("reports", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("messages", sa.Column("look_up_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_messages_nid", "messages", ["id"])
    op.create_index(
        "ix_messages_look_up", "messages", ["look_up_at"], postgresql_where=sa.text("look_up_at is not null")
    )
    op.create_index(
        "ix_messages_provider_id",
        "messages",
        ["provider_id"],
        postgresql_where=sa.text("provider_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_provider_id", table_name="messages", postgresql_where=sa.text("provider_id is not null"))
    op.drop_index("ix_messages_look_up", table_name="messages", postgresql_where=sa.text("look_up_at is not null"))
    op.drop_index("ix_messages_nid", table_name="messages")
    op.drop_column("messages", "look_up_at")
    op.drop_column("messages", "reports")
    op.add_column("guardians", sa.Column("email_bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(
        "uq_suppressed_addresses_in_force",
        table_name="suppressed_addresses",
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.drop_table("suppressed_addresses")
