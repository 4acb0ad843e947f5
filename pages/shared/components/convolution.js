// Convolution by hand: point at an output pixel, and see what it is made of. The server sends the
// numbers and what NumPy makes of them; every sum that is written here is added up here.
const STEP_MS = 130, LONGEST_ROWS = 5;

export default function ({ data: bytes, parentElement: root }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  (root.convolution ??= create(root)).show(data);
  return () => { root.convolution?.stop(); root.convolution = undefined; };
}

function create(root) {
  const home = root.querySelector(".byhand");
  home.replaceChildren();
  const row = home.appendChild(make("div", "maps"));
  const maps = Object.fromEntries(["input", "output", "pooled"].map((name) => [name, createMap(row, name)]));
  const tools = home.appendChild(make("div", "tools"));
  const play = tools.appendChild(make("button"));
  play.type = "button";
  const slider = tools.appendChild(make("label", "", "Output pixel")).appendChild(make("input"));
  slider.type = "range";
  slider.min = 0;
  const sums = createSums(home), said = home.appendChild(make("p", "said"));
  said.setAttribute("aria-live", "polite");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const view = { data: null, pinned: null, hovered: null, covered: false, timer: 0 };

  // The part of the padded picture that a place sees: [top, left, rows, columns].
  const seen = ({ map, row, column }) => {
    const { side, stride, pool } = view.data;
    const of = map === "pooled" ? (at) => [at * pool * stride, (pool - 1) * stride + side] : (at) => [at * stride, side];
    const [top, rows] = of(row), [left, columns] = of(column);
    return [top, left, rows, columns];
  };
  const valuesIn = (grid, [top, left, rows, columns]) => {
    const values = [];
    for (let i = top; i < top + rows; i++)
      for (let j = left; j < left + columns; j++) values.push(grid.values[i * grid.columns + j]);
    return values;
  };

  const sumLines = (place) => {
    const { kernel, side, bias, relu, input } = view.data;
    const seenNow = valuesIn(input, seen(place));
    const products = seenNow.map((value, i) => value * kernel[i]);
    const total = sumOf(products), biased = total + bias;
    const written = side <= LONGEST_ROWS ? rowsOf(seenNow, kernel, side) : [];
    written.push([`Sum of the ${products.length} products: `, ["total", text(total)]]);
    written.push([`${text(total)} ${bias < 0 ? "−" : "+"} bias ${text(Math.abs(bias))} = `, ["biased", text(biased)]]);
    const value = relu ? Math.max(0, biased) : biased;
    if (relu) written.push([biased < 0 ? "ReLU, below zero: " : "ReLU, not below zero: ", ["value", text(value)]]);
    else written.push(["No ReLU: ", ["value", text(value)]]);
    return { seenNow, products, written };
  };
  const writeSum = (place, lead) => {
    const { kernel, side, scales, output } = view.data;
    const { seenNow, products, written } = sumLines(place);
    const reach = scales.kernel.high * scales.input.high;
    sums.write(`${lead}, row ${place.row}, column ${place.column}: ${text(output.values[place.row * output.columns + place.column])}`, [
      { name: "pixels", values: seenNow, side, scale: scales.input }, "×",
      { name: "kernel", values: kernel, side, scale: scales.kernel }, "=",
      { name: "products", values: products, side, scale: { ...scales.kernel, low: -reach, high: reach } },
    ], written);
  };
  const writePool = ({ row, column }) => {
    const { pool, pooling, output, pooled, scales } = view.data;
    const values = valuesIn(output, [row * pool, column * pool, pool, pool]);
    const largest = values.indexOf(Math.max(...values));
    const words = `${pooled.name}, row ${row}, column ${column}: ${text(pooled.values[row * pooled.columns + column])}`;
    const part = { name: "feature map", values, side: pool, scale: scales.output };
    if (pooling === "average") {
      const mean = sumOf(values) / values.length;
      sums.write(words, [part], [
        [`(${added(values.map((value) => [value]))}) / ${values.length} = `, ["value", text(mean)]],
        ["Each of the four has its own sum: point at them in the feature map."]]);
      return;
    }
    const winner = { map: "output", row: row * pool + Math.floor(largest / pool), column: column * pool + (largest % pool) };
    const chain = sumLines(winner).written;
    sums.write(words, [{ ...part, strong: largest }], [
      [`The largest of ${values.map(text).join(", ")} is `, ["value", text(values[largest])]],
      [`It stands in row ${winner.row}, column ${winner.column} of the feature map, and there:`],
      ...chain.map((each) => each.map((piece) => (typeof piece === "string" ? piece : ["", piece[1]])))]);
  };

  const draw = () => {
    const place = view.hovered ?? view.pinned, { pool, pooled, output } = view.data;
    const [row, column] = [place.row, place.column];
    maps.input.frame("field", seen(place));
    maps[place.map].at = [row, column];
    if (place.map === "pooled") {
      maps.output.frame("field", [row * pool, column * pool, pool, pool]);
      maps.output.frame("point", null);
      maps.pooled.frame("point", [row, column, 1, 1]);
      writePool(place);
    } else {
      const fed = pooled && row < pooled.rows * pool && column < pooled.columns * pool;
      maps.output.frame("field", null);
      maps.output.frame("point", [row, column, 1, 1]);
      maps.pooled.frame("point", fed ? [Math.floor(row / pool), Math.floor(column / pool), 1, 1] : null);
      writeSum(place, "Feature map");
      slider.value = row * output.columns + column;
      slider.setAttribute("aria-valuetext", `row ${row}, column ${column}`);
    }
    const hide = view.covered && place.map === "output";
    maps.output.cover(hide ? row : null, column + 1);
    const done = row % pool === pool - 1;
    maps.pooled.cover(hide && pooled ? Math.floor(row / pool) : null, done ? Math.floor((column + 1) / pool) : 0);
  };
  const go = (place, spoken = true) => {
    view.pinned = place;
    view.hovered = null;
    draw();
    said.textContent = spoken ? spokenText() : "";
  };
  const spokenText = () => [home.querySelector(".sums .title").textContent, home.querySelector(".sums .lines p:last-child").textContent].join(" ");
  const label = () => {
    play.textContent = still.matches ? "Next pixel" : view.timer ? "Pause the sweep" : "Play the sweep";
  };
  const stop = () => { clearInterval(view.timer); view.timer = 0; label(); };
  const toIndex = (index) => {
    const { columns } = view.data.output;
    view.covered = index < Number(slider.max);
    go({ map: "output", row: Math.floor(index / columns), column: index % columns }, false);
  };
  const next = () => {
    const at = Number(slider.value);
    if (at >= Number(slider.max)) stop();
    else toIndex(at + 1);
  };

  play.onclick = () => {
    if (still.matches) { next(); return; }
    if (view.timer) { stop(); return; }
    const resumed = view.covered && Number(slider.value) < Number(slider.max);
    toIndex(resumed ? Number(slider.value) : 0);
    view.timer = setInterval(next, STEP_MS);
    label();
  };
  still.addEventListener("change", stop);
  slider.oninput = () => { stop(); toIndex(Number(slider.value)); };
  for (const name of ["output", "pooled"]) {
    const map = maps[name];
    // While a sweep plays, a mouse that happens to lie there does not disturb it; a click does.
    map.onPoint = (row, column) => {
      if (view.timer) return;
      view.covered = false;
      view.hovered = { map: name, row, column };
      draw();
    };
    map.onLeave = () => { if (!view.timer && view.hovered) { view.hovered = null; draw(); } };
    map.onChoose = (row, column) => { stop(); view.covered = false; go({ map: name, row, column }); };
  }

  view.show = (data) => {
    const resized = view.data?.output.columns !== data.output.columns || view.data?.output.rows !== data.output.rows;
    view.data = data;
    for (const [name, map] of Object.entries(maps)) {
      map.figure.hidden = !data[name];
      if (data[name]) map.show(data[name]);
    }
    row.style.setProperty("--both", data.input.columns + data.output.columns);
    maps.input.frame("ring", data.input.inner);
    slider.max = data.output.rows * data.output.columns - 1;
    const grid = view.pinned && data[view.pinned.map];
    if (!grid || resized) {
      stop();
      view.covered = false;
      view.pinned = { map: "output", ...strongest(data.output) };
    }
    view.hovered = null;
    label();
    draw();
  };
  view.stop = stop;
  return view;
}

// Where there is something to see at first.
function strongest({ values, columns }) {
  const at = values.indexOf(Math.max(...values));
  return { row: Math.floor(at / columns), column: at % columns };
}
