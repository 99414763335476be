"""Signing in: passwords, one-time links, logins, counted failures, how a staff member sees the pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PEOPLE = ("staff", "guardian", "student")
TABLES = {"staff": "staff", "guardian": "guardians", "student": "students"}
ONE_PERSON = "num_nonnulls(staff_id, guardian_id, student_id) = 1"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "passwords",
        _org(),
        _ref("staff_id", nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        _at("changed_at", nullable=False),
        _to("passwords", "staff", "staff_id"),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_passwords_org_id")),
        sa.PrimaryKeyConstraint("org_id", "staff_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "sign_in_links",
        _org(),
        _own_id(),
        sa.Column("purpose", sa.Text(), nullable=False),
        *(_ref(f"{whose}_id") for whose in PEOPLE),
        sa.Column("token_hash", sa.Text(), nullable=True),
        _ref("made_by"),
        _at("created_at", nullable=False),
        _at("expires_at", nullable=False),
        _at("used_at"),
        _at("revoked_at"),
        *(_to("sign_in_links", TABLES[whose], f"{whose}_id") for whose in PEOPLE),
        _to("sign_in_links", "staff", "made_by"),
        sa.CheckConstraint(ONE_PERSON, name=op.f("ck_sign_in_links_one_person")),
        sa.CheckConstraint("purpose in ('welcome', 'choice', 'family')", name=op.f("ck_sign_in_links_purpose")),
        sa.CheckConstraint("(purpose = 'family') = (staff_id is null)", name=op.f("ck_sign_in_links_whose")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_sign_in_links_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_links_token_hash")),
    )
    op.create_table(
        "logins",
        _org(),
        _own_id(),
        *(_ref(f"{whose}_id") for whose in PEOPLE),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=True),
        _at("created_at", nullable=False),
        _at("seen_at", nullable=False),
        _at("ended_at"),
        *(_to("logins", TABLES[whose], f"{whose}_id") for whose in PEOPLE),
        sa.CheckConstraint(ONE_PERSON, name=op.f("ck_logins_one_person")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_logins_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_logins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_logins_token_hash")),
    )
    for table in ("sign_in_links", "logins"):
        for whose in PEOPLE:
            theirs = sa.text(f"{whose}_id is not null")
            op.create_index(f"ix_{table}_{whose}", table, ["org_id", f"{whose}_id"], postgresql_where=theirs)
    op.create_table(
        "knocks",
        _own_id(),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("whose", sa.Text(), nullable=False),
        _at("at", nullable=False),
        sa.CheckConstraint("door in ('password', 'link')", name=op.f("ck_knocks_door")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knocks")),
    )
    op.create_index("ix_knocks_whose", "knocks", ["door", "whose", "at"])
    op.create_index("ix_knocks_at", "knocks", ["at"])
    op.create_table(
        "preferences",
        _org(),
        _ref("staff_id", nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("shortcuts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _to("preferences", "staff", "staff_id"),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_preferences_org_id")),
        sa.PrimaryKeyConstraint("org_id", "staff_id", name=op.f("pk_preferences")),
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for table in ("preferences", "knocks", "logins", "sign_in_links", "passwords"):
        op.drop_table(table)


def _org() -> sa.Column[str]:
    return sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False)


def _own_id() -> sa.Column[str]:
    return sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _ref(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Uuid(as_uuid=False), nullable=nullable)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["org_id", column], [f"{other}.org_id", f"{other}.id"], name=op.f(f"fk_{table}_org_id_{column}")
    )
