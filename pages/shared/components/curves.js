// Loss and accuracy while a network learns. Redrawn in place, so that nothing flickers and a zoom
// stays. The default export runs again whenever the data change: all state lives on the root.
const PANELS = [["loss", "Loss"], ["accuracy", "Accuracy"]];
const LEFT = 44, TOP = 26, BOTTOM = 34, PANEL_HEIGHT = 300, STACK_BELOW = 560;
const NAME_GAP = 8, NAMES_SHARE = 0.35;

export default function ({ data: bytes, parentElement: root, setTriggerValue }) {
  const { head, drawn } = JSON.parse(new TextDecoder().decode(bytes));
  const runs = drawn.map((curves, i) => ({ ...curves, ...head.heads[i] }));
  const data = { runs, summary: head.summary };
  const view = (root.view ??= createView(root));
  view.data = data;
  if (view.run !== head.run) { // of another run other steps matter
    view.run = head.run;
    view.zoom = null;
    view.canvas.dataset.zoom = "";
  }
  view.choose = head.replay ? (step) => setTriggerValue("step", step) : null;
  view.updates += 1;
  const shown = data.runs.find((run) => !run.ghost) ?? data.runs[0];
  const canvas = view.canvas;
  canvas.dataset.step = shown?.step ?? 0;
  canvas.dataset.points = data.runs.reduce((n, run) => n + run.loss.raw[0].length, 0);
  canvas.dataset.rates = (shown?.rates ?? []).map(([, rate]) => rate).join(" ");
  canvas.dataset.updates = view.updates;
  canvas.setAttribute("aria-label", data.summary);
  view.redraw();
  // Streamlit also calls this when an update overtakes another one, and the page stays.
  return () => { if (!root.isConnected) { view.observer.disconnect(); root.view = undefined; } };
}

function createView(root) {
  const canvas = root.querySelector("canvas");
  const view = { canvas, data: null, zoom: null, hover: null, updates: 0, frame: 0, boxes: [] };
  view.redraw = () => { view.frame ||= requestAnimationFrame(() => { view.frame = 0; draw(view); }); };
  view.observer = new ResizeObserver(view.redraw);
  view.observer.observe(root.querySelector("div"));
  listen(view);
  return view;
}

function draw(view) {
  const { canvas, data } = view;
  const width = canvas.parentElement.clientWidth;
  if (!width || !data) return;
  const stacked = width < STACK_BELOW;
  const height = stacked ? 2 * PANEL_HEIGHT * 0.85 : PANEL_HEIGHT;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const css = getComputedStyle(canvas);
  const colour = (name) => css.getPropertyValue(`--lab-${name}`).trim();
  const font = css.fontFamily;
  const last = Math.max(1, ...data.runs.map((run) => run.step));
  const [x0, x1] = view.zoom ?? [0, last];
  const w = stacked ? width : width / 2, h = stacked ? height / 2 : height;
  context.font = `12px ${font}`;
  const right = Math.min(roomForNames(context, data.runs), NAMES_SHARE * w);
  view.boxes = PANELS.map(([name, title], i) => {
    const box = {
      name, title, x0, x1, last,
      left: (stacked ? 0 : i * w) + LEFT, top: (stacked ? i * h : 0) + TOP,
      right, width: w - LEFT - right, height: h - TOP - BOTTOM,
    };
    [box.y0, box.y1] = valueRange(data.runs, name, x0, x1);
    box.x = (step) => box.left + ((step - x0) / (x1 - x0)) * box.width;
    box.y = (value) => box.top + ((box.y1 - value) / (box.y1 - box.y0)) * box.height;
    return box;
  });
  for (const box of view.boxes) drawPanel(context, view, box, colour, font);
}

function drawPanel(context, view, box, colour, font) {
  const { runs } = view.data;
  drawAxes(context, box, colour, font);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - 4, box.width + 5, box.height + 8);
  context.clip();
  const main = runs.find((run) => !run.ghost);
  for (const [step, rate] of main?.rates ?? []) mark(context, box, step, rate, colour, font);
  for (const run of runs) {
    const panel = run[box.name];
    const train = run.colour ?? colour("train"), validation = run.colour ?? colour("validation");
    if (!run.ghost) line(context, box, panel.raw, train, 1, 0.28);
    line(context, box, panel.smooth, train, 1.4, run.ghost ? 0.55 : 1);
    if (!run.ghost) dots(context, box, panel.epoch, colour("paper"), 2.5, train);
    line(context, box, panel.validation, validation, 3, run.ghost ? 0.55 : 1);
    dots(context, box, panel.validation, validation, 4, colour("paper"));
  }
  if (view.drag) shade(context, box, view.drag, colour);
  context.restore();
  drawEnds(context, box, runs, colour, font);
  if (view.hover != null) drawHover(context, view, box, colour, font);
}

function drawAxes(context, box, colour, font) {
  const percent = box.name === "accuracy";
  context.lineWidth = 1;
  context.font = `12px ${font}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const ticks = roundTicks(box.y0, box.y1, 5);
  const decimals = ticks.length > 1 && ticks[1] - ticks[0] < 0.0099 ? 1 : 0;
  for (const tick of ticks) {
    const y = Math.round(box.y(tick)) + 0.5;
    context.strokeStyle = colour("rule");
    context.beginPath(); context.moveTo(box.left, y); context.lineTo(box.left + box.width, y); context.stroke();
    context.fillStyle = colour("muted");
    context.fillText(percent ? `${(100 * tick).toFixed(decimals)} %` : numberText(tick), box.left - 6, y);
  }
  context.textAlign = "center";
  for (const tick of roundTicks(box.x0, box.x1, box.width / 75)) {
    if (tick % 1) continue;
    context.fillText(numberText(tick), box.x(tick), box.top + box.height + 11);
  }
  context.textAlign = "right";
  context.fillText("step", box.left + box.width, box.top + box.height + 26);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillStyle = colour("ink");
  context.font = `600 13px ${font}`;
  context.fillText(box.title, box.left, box.top - 12);
}

function line(context, box, [xs, ys], stroke, width, alpha) {
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.globalAlpha = alpha;
  context.lineJoin = "round";
  context.beginPath();
  let pen = false;
  xs.forEach((x, i) => {
    if (ys[i] == null) { pen = false; return; }
    if (pen) context.lineTo(box.x(x), box.y(ys[i])); else context.moveTo(box.x(x), box.y(ys[i]));
    pen = true;
  });
  context.stroke();
  context.globalAlpha = 1;
}

function dots(context, box, [xs, ys], fill, radius, stroke) {
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.lineWidth = 1.2;
  const room = xs.length > 1 ? (box.x(xs[1]) - box.x(xs[0])) / 2 : radius;
  if (room < 2.5) return; // dots that cover each other hide the line
  xs.forEach((x, i) => {
    if (ys[i] == null) return;
    context.beginPath();
    context.arc(box.x(x), box.y(ys[i]), Math.min(radius, room), 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  });
}

function mark(context, box, step, rate, colour, font) {
  const x = Math.round(box.x(step)) + 0.5;
  context.strokeStyle = context.fillStyle = colour("muted");
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath(); context.moveTo(x, box.top); context.lineTo(x, box.top + box.height); context.stroke();
  context.setLineDash([]);
  context.font = `11px ${font}`;
  context.textAlign = x > box.left + box.width - 60 ? "right" : "left";
  const side = context.textAlign === "left" ? 3 : -3;
  context.fillText(`rate ${numberText(rate)}`, x + side, box.top + 8);
}

function roomForNames(context, runs) {
  const names = runs.length > 1 ? runs.map((run) => run.title) : ["training", "validation"];
  return NAME_GAP + Math.ceil(Math.max(...names.map((name) => context.measureText(name).width))) + 4;
}

// A name at the end of each line, moved apart where two would cover each other.
function drawEnds(context, box, runs, colour, font) {
  const labels = [];
  for (const run of runs) {
    const panel = run[box.name];
    const add = (trace, text, fill) => {
      const value = valueAt(trace, box.x1);
      const end = Math.min(box.x(run.step), box.left + box.width);
      if (value != null && end > box.left) labels.push({ x: end + NAME_GAP, y: box.y(value), text, fill });
    };
    if (runs.length > 1) {
      const trace = panel.validation[1].some((y) => y != null) ? panel.validation : panel.smooth;
      add(trace, run.title, run.colour);
    } else {
      add(panel.smooth, "training", colour("train"));
      add(panel.validation, "validation", colour("validation"));
    }
  }
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((label, i) => { if (i) label.y = Math.max(label.y, labels[i - 1].y + 15); });
  const over = labels.length ? labels[labels.length - 1].y - (box.top + box.height) : 0;
  context.font = `12px ${font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  // On paper: a run that is still short has its name in the middle of a longer one's curve.
  context.strokeStyle = colour("paper");
  context.lineWidth = 4;
  context.lineJoin = "round";
  for (const label of labels) {
    const y = Math.max(box.top, label.y - Math.max(0, over));
    const text = fitted(context, label.text, box.left + box.width + box.right - label.x - 2);
    context.strokeText(text, label.x, y);
    context.fillStyle = label.fill;
    context.fillText(text, label.x, y);
  }
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let n = text.length;
  while (n > 1 && context.measureText(`${text.slice(0, n)}…`).width > width) n--;
  return `${text.slice(0, n).trim()}…`;
}

function drawHover(context, view, box, colour, font) {
  const { hover: step, data: { runs } } = view;
  if (step < box.x0 || step > box.x1) return;
  const x = Math.round(box.x(step)) + 0.5;
  context.strokeStyle = colour("ink");
  context.lineWidth = 1;
  context.beginPath(); context.moveTo(x, box.top); context.lineTo(x, box.top + box.height); context.stroke();
  const text = box.name === "accuracy" ? percentText : numberText;
  const rows = [[`step ${numberText(step)}`, colour("muted")]];
  for (const run of runs) {
    if (step > run.step) continue;
    const values = [
      ["training", valueAt(run[box.name].smooth, step), run.colour ?? colour("train")],
      ["validation", valueAt(run[box.name].validation, step), run.colour ?? colour("validation")],
    ];
    for (const [split, value, fill] of values)
      if (value != null)
        rows.push([`${runs.length > 1 ? `${run.title} ` : ""}${split} ${text(value)}`, fill]);
  }
  if (view.choose && !view.drag) rows.push(["click: replay from here", colour("muted")]);
  context.font = `12px ${font}`;
  const width = Math.max(...rows.map(([row]) => context.measureText(row).width)) + 14;
  const left = x + width + 8 > box.left + box.width + box.right ? x - width - 8 : x + 8;
  context.fillStyle = colour("paper");
  context.strokeStyle = colour("rule");
  context.fillRect(left, box.top + 4, width, 17 * rows.length + 8);
  context.strokeRect(left + 0.5, box.top + 4.5, width, 17 * rows.length + 8);
  context.textAlign = "left";
  context.textBaseline = "middle";
  rows.forEach(([row, fill], i) => {
    context.fillStyle = fill;
    context.fillText(row, left + 7, box.top + 17 + 17 * i);
  });
}

function shade(context, box, [a, b], colour) {
  context.globalAlpha = 0.12;
  context.fillStyle = colour("ink");
  context.fillRect(box.x(a), box.top, box.x(b) - box.x(a), box.height);
  context.globalAlpha = 1;
}
