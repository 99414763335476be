"""Stopping e-mail: the links in families' e-mails, and who has closed an address or opened it again.

And an index by which old words of raw events are found, to be emptied.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LIFTED = "ck_suppressed_addresses_lifted"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "stop_links",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_stop_links_org_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"],
            ["guardians.org_id", "guardians.id"],
            name=op.f("fk_stop_links_org_id_guardian_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_stop_links")),
        sa.UniqueConstraint("org_id", "guardian_id", "address", name=op.f("uq_stop_links_org_id_guardian_id_address")),
        sa.UniqueConstraint("token", name=op.f("uq_stop_links_token")),
    )
    for column in ("closed_by_guardian", "lifted_by_guardian"):
        op.add_column("suppressed_addresses", sa.Column(column, sa.Uuid(as_uuid=False), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_suppressed_addresses_org_id_{column}"),
            "suppressed_addresses",
            "guardians",
            ["org_id", column],
            ["org_id", "id"],
        )
    op.drop_constraint(op.f(_LIFTED), "suppressed_addresses", type_="check")
    op.create_check_constraint(
        op.f(_LIFTED),
        "suppressed_addresses",
        "num_nonnulls(lifted_by, lifted_by_guardian) = num_nonnulls(lifted_at)",
    )
    op.create_index("ix_raw_events_words", "raw_events", ["received_at"], postgresql_where=sa.text("body <> ''"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_index("ix_raw_events_words", table_name="raw_events")
    # the older shape knows no family that opened its address again
    op.execute("delete from suppressed_addresses where lifted_by_guardian is not null")
    op.drop_constraint(op.f(_LIFTED), "suppressed_addresses", type_="check")
    op.create_check_constraint(op.f(_LIFTED), "suppressed_addresses", "(lifted_at is null) = (lifted_by is null)")
    for column in ("lifted_by_guardian", "closed_by_guardian"):
        op.drop_constraint(op.f(f"fk_suppressed_addresses_org_id_{column}"), "suppressed_addresses", type_="foreignkey")
        op.drop_column("suppressed_addresses", column)
    op.drop_table("stop_links")
