"""Times what a visitor sees, inside the browser: from the press to the frame that shows it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

LIMIT_MS = 30_000
_SETTLED = """
  document.querySelector('[data-testid=stApp]')
    ?.getAttribute('data-test-script-state') === 'notRunning'
  && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')
"""
# One frame more than needed: what changed before a frame is painted is seen when it has been.
_ARM = """
(element, wanted) => {
  const settled = () => SETTLED;
  const shown = () => SHOWN;
  const before = BEFORE;
  window.benchmark = new Promise((found, fail) => {
    document.addEventListener('EVENT', (press) => {
      const look = () => {
        if (shown()) requestAnimationFrame(() => found(performance.now() - press.timeStamp));
        else if (performance.now() - press.timeStamp > LIMIT) fail(new Error('not shown'));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""
# What has to be shown. The first three are whole pages: drawn to the end, nothing stale.
HEADING = "document.querySelector('h1')?.textContent.trim() === wanted && settled()"
TEXT = "document.querySelector('[data-testid=stMain]').textContent.includes(wanted) && settled()"
CAPTIONS = "[...document.querySelectorAll('.lab-caption')].map((each) => each.innerText)"
NEW_PICTURE = (
    f"{CAPTIONS}.some((text) => text.includes('Pin another one above') && text !== wanted)"
    " && settled()"
)
"""Under Inside's picture stands another caption than the wanted one: the one before."""
ADDRESS = "decodeURIComponent(location.search).includes(wanted) && settled()"
LENGTHS = "[...element.querySelectorAll('i')].map((bar) => bar.style.width).join()"
"""Of the ten bars of ``element``."""
NEW_BARS = f"!element.matches('.waiting') && {LENGTHS} !== before"


def milliseconds(
    page: Page,
    press: Callable[[], object],
    shown: str,
    wanted: str = "",
    element: Locator | None = None,
    event: str = "pointerdown",
) -> float:
    """From the pointer's next press, which ``press`` makes, until the browser has painted what
    the JavaScript condition ``shown`` asks for. ``event`` is "keydown" where a key is pressed.

    Raises:
        playwright's Error: it was not shown within ``LIMIT_MS``.
    """
    script = (
        _ARM.replace("SETTLED", _SETTLED)
        .replace("SHOWN", shown)
        .replace("EVENT", event)
        .replace("BEFORE", LENGTHS if element else "null")
        .replace("LIMIT", str(LIMIT_MS))
    )
    (element or page.locator("body")).evaluate(script, wanted)
    press()
    return float(page.evaluate("() => window.benchmark"))
