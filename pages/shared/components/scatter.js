// Two maps of the same pictures side by side. Pointing at a point shows its picture, and where it
// lies on the other map; a click or Enter chooses it. All state lives on the root.
const GAP = 24, TOP = 46, MARGIN = 16, STACK_BELOW = 640, TALLEST = 460, REACH = 16, THUMB = 84;

export default function ({ data: bytes, parentElement: root, setTriggerValue }) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const view = (root.scatter ??= createView(root));
  view.choose = (i) => setTriggerValue("chosen", i);
  view.data = data;
  view.canvas.setAttribute("aria-label", data.summary);
  view.canvas.dataset.points = data.labels.length;
  const sheet = new Image();
  sheet.src = URL.createObjectURL(new Blob([bytes.slice(4 + length)], { type: "image/png" }));
  sheet.decode().then(() => {
    URL.revokeObjectURL(sheet.src);
    view.sheet = sheet;
    view.redraw();
  }).catch(() => {});
  view.redraw();
  return () => { view.observer.disconnect(); root.scatter = undefined; };
}

function createView(root) {
  const canvas = root.querySelector("canvas");
  const view = { canvas, said: root.querySelector("[role=status]"), data: null, at: null, frame: 0, panels: [] };
  view.redraw = () => { view.frame ||= requestAnimationFrame(() => { view.frame = 0; draw(view); }); };
  view.observer = new ResizeObserver(view.redraw);
  view.observer.observe(canvas.parentElement);
  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    return nearest(view, event.clientX - frame.left, event.clientY - frame.top);
  };
  canvas.onpointermove = canvas.onpointerdown = (event) => show(view, place(event));
  canvas.onpointerleave = () => show(view, null);
  canvas.onblur = () => show(view, null);
  canvas.onclick = (event) => { const i = place(event); if (i != null) view.choose(i); };
  canvas.onkeydown = (event) => {
    const n = view.data.labels.length;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) show(view, view.at == null ? (step > 0 ? 0 : n - 1) : (view.at + step + n) % n);
    else if (event.key === "Enter" && view.at != null) view.choose(view.at);
    else if (event.key === "Escape") show(view, null);
    else return;
    event.preventDefault();
  };
  return view;
}

function show(view, i) {
  if (view.at === i) return;
  view.at = i;
  view.canvas.style.cursor = i == null ? "" : "pointer";
  view.said.textContent = i == null ? "" : lines(view.data, i).join(", ");
  view.redraw();
}

function lines(data, i) {
  const name = data.names[data.labels[i]], called = data.names[data.predicted[i]];
  return [`${name} (validation ${data.indices[i]})`, name === called ? "called so" : `called ${called}`];
}

function nearest(view, x, y) {
  let best = null, least = REACH ** 2;
  for (const panel of view.panels)
    panel.xs.forEach((px, i) => {
      const far = (px - x) ** 2 + (panel.ys[i] - y) ** 2;
      if (far < least) { least = far; best = i; }
    });
  return best;
}

function draw(view) {
  const { canvas, data } = view;
  const width = canvas.parentElement.clientWidth;
  if (!width || !data) return;
  const stacked = width < STACK_BELOW;
  const each = stacked ? width : (width - GAP) / 2;
  const tall = Math.min(each, TALLEST), height = stacked ? 2 * (tall + TOP) + GAP : tall + TOP;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const css = getComputedStyle(canvas);
  const colour = (name) => css.getPropertyValue(`--lab-${name}`).trim();
  const font = css.fontFamily;
  view.panels = data.panels.map((panel, k) =>
    placed(panel, stacked ? 0 : k * (each + GAP), (stacked ? k * (tall + TOP + GAP) : 0) + TOP, each, tall));
  view.panels.forEach((panel) => drawPanel(context, view, panel, colour, font));
  if (view.at != null) view.panels.forEach((panel) => drawThumb(context, view, panel, colour, font, width, height));
}

// Both directions at the same scale, because distances are what a map shows.
function placed(panel, left, top, width, height) {
  const [x0, x1] = ends(panel.x), [y0, y1] = ends(panel.y);
  const scale = Math.min((width - 2 * MARGIN) / (x1 - x0 || 1), (height - 2 * MARGIN) / (y1 - y0 || 1));
  const xs = panel.x.map((x) => left + width / 2 + (x - (x0 + x1) / 2) * scale);
  const ys = panel.y.map((y) => top + height / 2 - (y - (y0 + y1) / 2) * scale);
  return { ...panel, left, top, width, height, xs, ys };
}

function ends(values) {
  return [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
}

function drawPanel(context, view, panel, colour, font) {
  const { data } = view;
  context.fillStyle = colour("ink");
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.font = `600 13px ${font}`;
  context.fillText(panel.title, panel.left, panel.top - 28, panel.width);
  context.fillStyle = colour("muted");
  context.font = `12px ${font}`;
  context.fillText(panel.note, panel.left, panel.top - 10, panel.width);
  context.strokeStyle = colour("rule");
  context.lineWidth = 1;
  context.strokeRect(panel.left + 0.5, panel.top + 0.5, panel.width - 1, panel.height - 1);
  if (data.by === "class") drawClasses(context, data, panel, colour, font);
  else drawRight(context, data, panel, colour);
  if (data.pinned != null) ring(context, panel, data.pinned, 8, colour);
  if (view.at != null) ring(context, panel, view.at, 6, colour);
}

function drawClasses(context, data, panel, colour, font) {
  context.globalAlpha = 0.85;
  panel.xs.forEach((x, i) => dot(context, x, panel.ys[i], 3, data.colours[data.labels[i]]));
  context.globalAlpha = 1;
  context.font = `600 12px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  const texts = data.names.map((name, label) => {
    const own = panel.xs.map((_, i) => i).filter((i) => data.labels[i] === label);
    const half = context.measureText(name).width / 2 + 4;
    const x = median(own.map((i) => panel.xs[i])), y = median(own.map((i) => panel.ys[i]));
    return own.length && { name, x: clamp(x, panel.left + half, panel.left + panel.width - half), y };
  }).filter(Boolean).sort((a, b) => a.y - b.y);
  // Names of classes that lie on each other stand below each other.
  texts.forEach((text, k) => {
    for (const above of texts.slice(0, k))
      if (Math.abs(text.x - above.x) < 76 && text.y - above.y < 15) text.y = above.y + 15;
    context.strokeStyle = colour("paper");
    context.strokeText(text.name, text.x, text.y);
    context.fillStyle = colour("ink");
    context.fillText(text.name, text.x, text.y);
  });
}

// Right and wrong differ in shape, not in colour alone.
function drawRight(context, data, panel, colour) {
  const wrong = (i) => data.labels[i] !== data.predicted[i];
  context.lineWidth = 1;
  context.strokeStyle = colour("muted");
  panel.xs.forEach((x, i) => {
    if (wrong(i)) return;
    context.beginPath(); context.arc(x, panel.ys[i], 2.5, 0, 2 * Math.PI); context.stroke();
  });
  context.lineWidth = 2;
  context.strokeStyle = colour("validation");
  panel.xs.forEach((x, i) => {
    if (!wrong(i)) return;
    const y = panel.ys[i];
    context.beginPath();
    context.moveTo(x - 4, y - 4); context.lineTo(x + 4, y + 4);
    context.moveTo(x + 4, y - 4); context.lineTo(x - 4, y + 4);
    context.stroke();
  });
}

function dot(context, x, y, radius, fill) {
  context.fillStyle = fill;
  context.beginPath(); context.arc(x, y, radius, 0, 2 * Math.PI); context.fill();
}

function ring(context, panel, i, radius, colour) {
  for (const [stroke, width] of [["paper", 5], ["ink", 2]]) {
    context.strokeStyle = colour(stroke);
    context.lineWidth = width;
    context.beginPath(); context.arc(panel.xs[i], panel.ys[i], radius, 0, 2 * Math.PI); context.stroke();
  }
}

function drawThumb(context, view, panel, colour, font, width, height) {
  const { data, sheet, at } = view;
  const [name, called] = lines(data, at);
  context.font = `12px ${font}`;
  const wide = Math.max(THUMB, context.measureText(name).width, context.measureText(called).width) + 12;
  const tall = THUMB + 46;
  const right = Math.min(panel.left + panel.width, width);
  const left = clamp(panel.xs[at] + 14 + wide > right ? panel.xs[at] - 14 - wide : panel.xs[at] + 14, 0, width - wide - 1);
  const top = clamp(panel.ys[at] - tall / 2, 1, height - tall - 1);
  context.fillStyle = colour("paper");
  context.strokeStyle = colour("rule");
  context.lineWidth = 1;
  context.fillRect(left, top, wide, tall);
  context.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  if (sheet) {
    const pitch = data.side + data.gutter;
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, (at % data.across) * pitch, Math.floor(at / data.across) * pitch,
      data.side, data.side, left + 6, top + 6, THUMB, THUMB);
  }
  context.fillStyle = colour("ink");
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(name, left + 6, top + THUMB + 18);
  context.fillStyle = colour("muted");
  context.fillText(called, left + 6, top + THUMB + 35);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
