"""`bellwether openapi`."""

from __future__ import annotations

from typing import NoReturn

from api.app import create_app
from cli.terminal import show_json
from settings import Settings


async def _nowhere() -> NoReturn:
    raise RuntimeError("the description of the API needs no Temporal")


def show_openapi() -> None:
    """Print the description of the API; no part of the system needs to run."""
    show_json(create_app(Settings.model_construct(), "postgresql://", _nowhere).openapi())
