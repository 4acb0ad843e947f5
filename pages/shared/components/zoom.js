// What hands do to the curves: point, click, drag a range, wheel, pinch, double click, keys.
const DOUBLE_CLICK_MS = 300;
const TAP_PX = 8; // a finger that moves farther scrolls

function listen(view) {
  const { canvas } = view;
  const pointers = new Map();
  let pinch = null, tap = null;

  const stepAt = (event) => {
    const frame = canvas.getBoundingClientRect();
    const x = event.clientX - frame.left, y = event.clientY - frame.top;
    const box = view.boxes.find((b) => x >= b.left - 8 && x <= b.left + b.width + 8
      && y >= b.top - 20 && y <= b.top + b.height + 20);
    if (!box) return null;
    const share = Math.min(1, Math.max(0, (x - box.left) / box.width));
    return box.x0 + share * (box.x1 - box.x0);
  };
  const setZoom = (x0, x1) => {
    const last = view.boxes[0].last;
    const span = Math.max(Math.min(5, last), x1 - x0);
    if (span >= last) view.zoom = null;
    else {
      const low = Math.min(Math.max(0, x0), last - span);
      view.zoom = [low, low + span];
    }
    canvas.dataset.zoom = view.zoom ? view.zoom.map(Math.round).join("-") : "";
    view.redraw();
  };
  const scaleAbout = (step, factor) => {
    const { x0, x1 } = view.boxes[0];
    setZoom(step - (step - x0) * factor, step + (x1 - step) * factor);
  };
  const distance = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
  };

  canvas.addEventListener("wheel", (event) => {
    const step = stepAt(event);
    // A plain turn scrolls the page. With Ctrl, as a pinch on a trackpad also comes, it zooms.
    if (step == null || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    scaleAbout(step, event.deltaY < 0 ? 0.8 : 1.25);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a menu opens, and may keep what follows
    pointers.set(event.pointerId, event);
    const step = stepAt(event);
    if (pointers.size === 2) { pinch = { distance: distance(), zoom: [view.boxes[0].x0, view.boxes[0].x1], step }; view.drag = tap = null; }
    else if (step == null) return;
    else if (event.pointerType === "mouse") { view.drag = [step, step]; canvas.setPointerCapture(event.pointerId); }
    else tap = { x: event.clientX, y: event.clientY, step };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
    const step = stepAt(event);
    if (pinch && pointers.size === 2 && pinch.step != null) {
      const factor = pinch.distance / distance(), [x0, x1] = pinch.zoom;
      setZoom(pinch.step - (pinch.step - x0) * factor, pinch.step + (x1 - pinch.step) * factor);
    } else if (view.drag && step != null) view.drag[1] = step;
    view.hover = step == null ? null : Math.max(1, Math.round(step));
    view.redraw();
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (pointers.size < 2) pinch = null;
    if (tap && event.type === "pointerup"
        && Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < TAP_PX) clicked(tap.step);
    tap = null;
    if (!view.drag) return;
    const [a, b] = [Math.min(...view.drag), Math.max(...view.drag)];
    view.drag = null;
    if (b - a > 0.02 * (view.boxes[0].x1 - view.boxes[0].x0)) setZoom(a, b);
    else if (event.type === "pointerup") clicked(b);
    view.redraw();
  };
  // A click opens another page, so it waits for the second one that would make it a double click.
  const clicked = (step) => {
    clearTimeout(view.click);
    view.click = setTimeout(() => view.choose?.(Math.round(step)), DOUBLE_CLICK_MS);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => { view.hover = null; view.redraw(); });
  canvas.addEventListener("dblclick", () => { clearTimeout(view.click); setZoom(0, Infinity); });
  canvas.addEventListener("keydown", (event) => {
    const { x0, x1 } = view.boxes[0] ?? {};
    const middle = (x0 + x1) / 2, shift = (x1 - x0) / 5;
    const actions = {
      "+": () => scaleAbout(middle, 0.8), "-": () => scaleAbout(middle, 1.25),
      ArrowLeft: () => setZoom(x0 - shift, x1 - shift), ArrowRight: () => setZoom(x0 + shift, x1 + shift),
      Escape: () => setZoom(0, Infinity),
    };
    if (actions[event.key] && x1 != null) { event.preventDefault(); actions[event.key](); }
  });
}
