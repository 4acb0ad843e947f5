"""Whether what is shown fits its screen and can be read by everyone, on a desk and on a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

from tests.e2e.visitor import DESKTOP, settled, still

SCREENS = {"desk": (1440, 900), "phone": (390, 844)}
TOO_WIDE = """
() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.tagName} is ${each.scrollWidth} wide, has ${each.clientWidth}`)
"""
RESIZING_MS = 20_000
"""Tables and figures hear of a new width a few frames later, on a busy machine many."""


def misfits(page: Page, where: str, look: str = "light") -> list[str]:
    """What is wider than its screen, or what axe finds serious. Afterwards the screen is a desk."""
    problems = []
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        found = too_wide(page) + unreadable(page, screen, look)
        problems += [f"{where}, {screen}: {each}" for each in found]
    page.set_viewport_size(DESKTOP)
    return problems


def too_wide(page: Page) -> list[str]:
    """What stays wider than the screen."""
    try:
        page.wait_for_function(f"() => ({TOO_WIDE})().length === 0", timeout=RESIZING_MS)
    except TooLate:
        return page.evaluate(TOO_WIDE)
    return []


def unreadable(page: Page, screen: str, look: str) -> list[str]:
    """What axe finds serious or critical. Nothing is excused.

    Colours do not depend on the screen, and all else does not depend on the colours.
    """
    contrast = {"color-contrast": {"enabled": screen == "desk"}}
    options = {"rules": contrast} if look == "light" else {"runOnly": list(contrast)}
    options |= {"resultTypes": ["violations"]}  # no list of what is right: it takes the longest
    if (screen, look) == ("phone", "dark"):
        return []
    still(page)  # half faded in, no text has its contrast
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
