"""What every page is held to: accessible in every look, light on the wire, nothing from elsewhere, no complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
HEAVIEST = 40.0
"""KiB on the wire, cold, with everything a page loads."""
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
"""What another look of the same page can do wrong: its structure is judged once."""
LOOKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "light": ({"color_scheme": "light"}, RULES),
    "dark": ({"color_scheme": "dark"}, COLOURS),
    "forced colours": ({"forced_colors": "active"}, COLOURS),
}
NARROW = {"width": 320, "height": 2400}
_axe = Axe()


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 A and AA in light, dark, forced colours and at 320 pixels, where nothing overflows."""
    wide = page.viewport_size
    for name, (look, rules) in LOOKS.items():
        page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", "reduced_motion": "reduce", **look})
        _judge(page, name, rules)
    page.emulate_media(color_scheme="light", forced_colors="none")
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    _judge(page, "320 pixels", RULES)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} pixels too wide at 320"
    if wide:
        page.set_viewport_size(wide)


def _judge(page: Page, look: str, rules: dict[str, Any]) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe.axe_script)
    found = page.evaluate("rules => axe.run(rules)", rules)["violations"]
    told = [f"{v['id']}: {v['help']} at {n['target']} {n['html'][:160]}" for v in found for n in v["nodes"]]
    assert told == [], f"{page.url}, {look}: " + "\n".join(told)


@dataclass
class Weight:
    """What a page took: KiB on the wire, requests, and what should not have been."""

    bytes: float = 0
    requests: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def kib(self) -> float:
        """KiB on the wire, headers not counted."""
        return self.bytes / 1024


@contextmanager
def weighed(page: Page) -> Iterator[Weight]:
    """Weigh what is loaded in the block: bytes as they came over the wire, requests elsewhere, errors of any kind."""
    weight = Weight()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    home = page.context.pages[0].url.split("/")[2] if "//" in page.context.pages[0].url else None

    def loaded(event: dict[str, Any]) -> None:
        weight.bytes += event["encodedDataLength"]

    def asked(event: dict[str, Any]) -> None:
        nonlocal home
        if event["request"]["url"].startswith("data:"):
            return  # the browser's own pictures, such as a date field's calendar
        weight.requests += 1
        host = event["request"]["url"].split("/")[2] if "//" in event["request"]["url"] else ""
        home = home or host
        if host != home:
            weight.complaints.append(f"request to {event['request']['url']}")

    def said(message: Any) -> None:
        by_status = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not by_status:
            weight.complaints.append(message.text)

    def failed(error: Any) -> None:
        weight.complaints.append(str(error))

    session.on("Network.loadingFinished", loaded)
    session.on("Network.requestWillBeSent", asked)
    page.on("console", said)
    page.on("pageerror", failed)
    yield weight
    page.remove_listener("console", said)
    page.remove_listener("pageerror", failed)
    session.detach()


def assert_light(page: Page, path: str, heaviest: float = HEAVIEST) -> Weight:
    """Open the page cold: at most 40 KiB on the wire, nothing from elsewhere, no violation of the CSP, no error."""
    page.goto("about:blank")
    with weighed(page) as weight:
        page.goto(path)
        page.wait_for_timeout(150)
    assert weight.complaints == []
    assert weight.kib <= heaviest, f"{path} takes {weight.kib:.1f} KiB"
    return weight
