"""Pages in a real Chromium, over a real server and real books. See docs/pages.md for how a test is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.pages.serving import Served, open_house

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--metrics-recording-only",
]
TALL = {"width": 1280, "height": 2400}
"""Tall, so that a bar that sticks to the foot of the window covers nothing."""


@pytest.fixture(scope="package")
def playwright_driver() -> Iterator[Playwright]:
    """The driver; without Debian's chromium the browser tests are left out, and say so.

    It keeps an event loop running in this thread, so it ends with the last test of this room: others run loops of
    their own.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium fonts-inter")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """One browser for all tests of a process."""
    opened = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield opened
    opened.close()


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """The pages, served: an academy on a Monday, 15:00, with Alice, Bob, Lea, Ada and Ivan, and Charlie elsewhere."""
    with open_house(database_url) as house:
        yield house


@pytest.fixture
def new_context(browser: Browser, served: Served) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (Playwright's own arguments), closed at the end of the test."""
    made: list[BrowserContext] = []

    def make(**more: object) -> BrowserContext:
        context = browser.new_context(**{"base_url": served.url, "viewport": TALL, **more})  # type: ignore[arg-type]
        context.set_default_timeout(5000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser of its own, tall, light, with scripts."""
    return new_context().new_page()


@pytest.fixture
def without_script(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser that runs no script."""
    return new_context(java_script_enabled=False).new_page()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """A page on a phone, 390 pixels wide."""
    return new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
