"""`make screenshots`: one picture of each page of the demo academy, into docs/screenshots/.

It plays the demo in a folder of its own, signs in as the people of the demo, and looks at each page as they would.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.pages.conftest import ARGS, CHROMIUM

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "docs" / "screenshots"
WIDE, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
ADDRESS = re.compile(r"^\s+(http://127\.0\.0\.1:\d+)\s*$")


class Shot(NamedTuple):
    """A page as somebody sees it: who (a word of the button on the sign-in page), where, and what to follow there."""

    name: str
    who: str
    path: str
    follow: str = ""
    """Which link to follow, as a CSS selector, where the page has no fixed address."""
    phone: bool = False


SHOTS = (
    Shot("look-around", "", "/login"),
    Shot("inbox", "Alice", "/inbox"),
    Shot("follow-up", "Alice", "/inbox", "a[href*='/tasks/']:has-text('Adam')"),
    Shot("drafts", "Alice", "/drafts"),
    Shot("replies", "Alice", "/replies"),
    Shot("students", "Alice", "/students"),
    Shot("student", "Alice", "/students?q=Maya", "a:has-text('Maya')"),
    Shot("lessons", "Alice", "/lessons"),
    Shot("lesson", "Alice", "/lessons", "a:has-text('Theo')"),
    Shot("week", "Alice", "/lessons/week"),
    Shot("group", "Alice", "/groups", "a:has-text('Chess')"),
    Shot("outbox", "Alice", "/outbox"),
    Shot("inbox-phone", "Alice", "/inbox", phone=True),
    Shot("follow-up-phone", "Alice", "/inbox", "a[href*='/tasks/']:has-text('Adam')", phone=True),
    Shot("teach", "Ken", "/teach", phone=True),
    Shot("sheet", "Ken", "/teach", "a:has-text('Theo')", phone=True),
    Shot("health", "^Admin", "/admin"),
    Shot("workflows", "^Admin", "/admin/workflows"),
    Shot("workflow", "^Admin", "/admin/workflows?q=Adam", "a:has-text('Adam')"),
    Shot("policies", "^Admin", "/admin/policies"),
    Shot("templates", "^Admin", "/admin/templates"),
    Shot("messages", "^Admin", "/admin/messages"),
    Shot("policy", "^Admin", "/admin/policies/new"),
    Shot("template", "^Admin", "/admin/templates/concern/sms/en"),
    Shot("imports", "^Admin", "/admin/imports"),
    Shot("integrations", "^Admin", "/admin/integrations"),
    Shot("people", "^Admin", "/admin/people"),
    Shot("audit", "^Admin", "/admin/audit"),
    Shot("family", "Astrid Berg", "/family", phone=True),
    Shot("family-child", "Lindqvist", "/family", phone=True),
    Shot("me", "^Adam Abbott", "/me", phone=True),
)


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo that has played its month and stays up until the block ends."""
    with tempfile.TemporaryDirectory(prefix="bw-shots-") as folder:
        keep = {k: v for k, v in os.environ.items() if not k.startswith("BELLWETHER_")}
        running = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "demo"],
            cwd=ROOT,
            env=keep | {"BELLWETHER_DATA_DIR": folder, "BELLWETHER_PORT": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield _address(running)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)


def _address(running: subprocess.Popen[str]) -> str:
    for line in running.stdout or ():
        found = ADDRESS.match(line)
        if found:
            return found[1]
    raise SystemExit("the demo ended before it said where its pages are")


def take(browser: Browser, url: str, shot: Shot, into: Path) -> None:
    """One picture."""
    size = PHONE if shot.phone else WIDE
    context = browser.new_context(base_url=url, viewport=size, device_scale_factor=1)
    page = context.new_page()
    if shot.who:
        page.goto("/login")
        page.get_by_role("button", name=re.compile(shot.who, re.IGNORECASE)).first.click()
    page.goto(shot.path)
    if shot.follow:
        _follow(page, shot.follow)
    page.wait_for_timeout(400)
    page.screenshot(path=into / f"{shot.name}.png")
    context.close()


def _follow(page: Page, link_of: str) -> None:
    link = page.locator(f"main {link_of}").first
    page.goto(link.get_attribute("href") or "")


def main(only: list[str]) -> None:
    """All pictures, or those named."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for shot in SHOTS:
            if not only or shot.name in only:
                take(browser, url, shot, PICTURES)
                print(PICTURES.relative_to(ROOT) / f"{shot.name}.png", file=sys.stderr)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
