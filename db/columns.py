"""How every table of the books is built: the organization is part of every key."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, ForeignKeyConstraint, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def org() -> Column[str]:
    """The organization a row belongs to: first part of every key."""
    return Column("org_id", Uuid(as_uuid=False), ForeignKey("organizations.id"), primary_key=True)


def own_id() -> Column[str]:
    """The row's own id; made by the database when the caller has none."""
    return Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()"))


def ref(name: str, *, nullable: bool = True, primary_key: bool = False) -> Column[str]:
    """A column that holds the id of another row; pair it with `to`."""
    return Column(name, Uuid(as_uuid=False), nullable=nullable, primary_key=primary_key)


def to(table: str, column: str) -> ForeignKeyConstraint:
    """A foreign key that can only name a row of the same organization."""
    return ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.id"])


def at(name: str, *, nullable: bool = True, default_now: bool = False) -> Column[object]:
    """An instant, in UTC."""
    return Column(
        name,
        DateTime(timezone=True),
        nullable=nullable,
        server_default=text("now()") if default_now else None,
    )


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """Text or a code."""
    return Column(name, Text, nullable=nullable, server_default=default)


def document(name: str, default: str | None = None) -> Column[object]:
    """A JSON document."""
    return Column(name, JSONB, nullable=False, server_default=text(f"'{default}'") if default is not None else None)
