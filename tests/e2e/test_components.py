"""What the page's own components do, each alone on an empty page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fmnist_core import events as e
from fmnist_core.curves import StepSeries, curves
from fmnist_core.run_state import RunState
from pages.shared import looks
from pages.shared.pad import _HTML as PAD

CURVES = "\n".join(looks.component_text(name) for name in ("axes.js", "zoom.js", "curves.js"))
CANVAS = "<div style='width:900px'><canvas tabindex='0' style='width:100%'></canvas></div>"
MOUNT = """
async ([code, html]) => {
  document.body.innerHTML = `<div id="root">${html}</div><div style="height:3000px"></div>`;
  const root = document.getElementById("root");
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const component = await import(url);
  window.sent = [];
  const send = (name, value) => sent.push([name, value]);
  window.update = (data) => component.default(
    { data, parentElement: root, setTriggerValue: send, setStateValue: send });
}
"""
LONG_MS = 1_000
"""More than a double click takes."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(has_touch=True)
    yield context.new_page()
    context.close()


def bytes_of(page: Page, data: Any) -> None:
    page.evaluate("(text) => update(new TextEncoder().encode(text))", json.dumps(data))


def draw(page: Page, run: str, loss: float = 1.0, steps: int = 400) -> None:
    """The curves of a run that has so many steps."""
    state = RunState().apply(e.RunStarted(0.0, 1, 1, 1, steps, steps, 99, 9, 9, 0.1, True))
    for step in range(1, steps + 1):
        state = state.apply(e.BatchEnded(0.0, step, 1, loss / step, 0.5, 0.1))
    series = StepSeries()
    series.extend(state)
    head = {"heads": [{"title": run, "ghost": False, "colour": None}], "summary": run}
    bytes_of(page, {"head": {**head, "run": run, "replay": True}, "drawn": [curves(state, series)]})
    expect(page.locator("canvas")).to_have_attribute("data-step", str(steps))
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def zoomed(page: Page) -> str:
    return page.locator("canvas").get_attribute("data-zoom") or ""


def sent(page: Page) -> list[Any]:
    page.wait_for_timeout(LONG_MS)
    return page.evaluate("() => sent")


def drag(page: Page, button: str = "left") -> None:
    page.mouse.move(100, 150)
    page.mouse.down(button=button)
    page.mouse.move(250, 150, steps=5)
    page.mouse.up(button=button)


def test_another_run_is_drawn_from_its_beginning(page: Page) -> None:
    page.evaluate(MOUNT, [CURVES, CANVAS])
    draw(page, "one")
    drag(page)
    assert re.fullmatch(r"\d+-\d+", zoom := zoomed(page))
    draw(page, "one", steps=500)
    assert zoomed(page) == zoom  # the same run goes on, and so does what is looked at
    draw(page, "two")
    assert zoomed(page) == ""


def test_a_turn_of_the_wheel_scrolls_the_page_and_with_ctrl_it_zooms(page: Page) -> None:
    page.evaluate(MOUNT, [CURVES, CANVAS])
    draw(page, "one")
    page.mouse.move(200, 150)
    page.mouse.wheel(0, 90)
    page.wait_for_function("() => scrollY > 0")
    page.mouse.wheel(0, -90)
    page.wait_for_function("() => scrollY === 0")
    assert zoomed(page) == ""
    page.keyboard.down("Control")
    page.mouse.wheel(0, -90)
    page.keyboard.up("Control")
    expect(page.locator("canvas")).to_have_attribute("data-zoom", re.compile(r"\d+-\d+"))


def test_a_click_or_a_tap_replays_and_other_buttons_do_nothing(page: Page) -> None:
    page.evaluate(MOUNT, [CURVES, CANVAS])
    draw(page, "one")
    drag(page, "right")
    page.mouse.click(200, 150, button="right")
    assert zoomed(page) == ""
    assert sent(page) == []
    page.mouse.click(200, 150)
    ((name, clicked),) = sent(page)
    assert name == "step"
    page.touchscreen.tap(200, 150)
    assert sent(page) == [["step", clicked]] * 2


def test_an_update_that_overtakes_another_leaves_the_chart_alone(page: Page) -> None:
    """Streamlit then cleans up after the older one, although the page stays."""
    page.evaluate(MOUNT, [CURVES, CANVAS])
    page.evaluate("() => { const first = update; update = (data) => first(data)(); }")
    draw(page, "one")
    drag(page)
    draw(page, "one", steps=500)
    page.mouse.click(200, 150)
    ((_, step),) = sent(page)  # once, and where the zoom has it
    low, high = (int(end) for end in zoomed(page).split("-"))
    assert low <= step <= high


def test_a_loss_that_runs_away_has_readable_numbers_on_its_axis(page: Page) -> None:
    page.evaluate(MOUNT, [CURVES, CANVAS])
    page.evaluate(
        """() => {
          window.texts = new Set();
          const write = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
            texts.add(text);
            return write.call(this, text, ...rest);
          };
        }"""
    )
    draw(page, "one", loss=5e30)
    texts = page.evaluate("() => [...texts]")
    assert any(re.fullmatch(r"\d\.\de\d\d", text) for text in texts), texts
    assert max(len(text) for text in texts if text[:1].isdigit()) < 10


def test_bars_have_the_names_of_the_network_that_answers(page: Page) -> None:
    page.evaluate(MOUNT, [looks.component_text("bars.js"), "<ol></ol>"])
    shared = {"values": [0.9, 0.1], "colours": ["red", "blue"], "known": True, "waiting": False}
    for names in (["cats", "dogs"], ["forks", "spoons"]):
        page.evaluate("(data) => update(data)", {**shared, "names": names})
        assert page.locator(".name").all_inner_texts() == names
    assert page.locator("li.top .name").inner_text() == "forks"
    sure = {**shared, "names": names, "values": [0.9995, 0.0005]}
    page.evaluate("(data) => update(data)", sure)
    assert page.locator(".value").all_inner_texts() == [">99.9 %", "0.1 %"]


def test_a_second_finger_on_the_pad_draws_nothing_and_ends_nothing(page: Page) -> None:
    page.evaluate(MOUNT, [looks.component_text("pad.js"), PAD])
    page.evaluate("() => update({ start: '', token: '', label: 'Pad' })")
    page.evaluate(
        """() => {
          const canvas = document.querySelector("canvas");
          canvas.setPointerCapture = () => {};
          const box = canvas.getBoundingClientRect();
          window.touch = (type, id, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
            pointerId: id, clientX: box.left + x, clientY: box.top + y, button: 0 }));
          touch("pointerdown", 1, 20, 20);
          touch("pointerdown", 2, 260, 260);
          touch("pointermove", 1, 20, 60);
          touch("pointermove", 2, 260, 200);
          touch("pointerup", 2, 260, 200);
          touch("pointermove", 1, 20, 100);
          touch("pointerup", 1, 20, 100);
          touch("pointerdown", 2, 140, 20);
          touch("pointerup", 2, 140, 20);
        }"""
    )
    ink = page.evaluate(
        """() => {
          const context = document.querySelector("canvas").getContext("2d");
          return [[20, 95], [260, 260], [140, 140], [140, 20]].map(
            ([x, y]) => context.getImageData(x, y, 1, 1).data[0]);
        }"""
    )
    assert ink == [255, 0, 0, 255]
