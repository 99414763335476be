"""`bellwether db upgrade`."""

from __future__ import annotations

from cli.configured import settings
from cli.reaching import books_url, check_reachable
from cli.terminal import show
from db import migrate


def upgrade() -> None:
    """Bring the books to the newest shape and print the revision before and after."""
    with books_url(settings()) as url:
        check_reachable(url)
        before, after = migrate.upgrade(url)
    show(f"before: {before or 'none'}")
    show(f"after:  {after}")
