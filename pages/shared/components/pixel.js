// One number of a trained network's feature map: which inputs, which kernel slice, which sum. The
// network's own numbers come from the server; the sums that are written here are added up here.
const SMALLEST_CELL = 12, SMALLEST_MAP = 240;

export default function ({ data: bytes, parentElement: root, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const view = (root.pixel ??= create(root));
  view.choose = (row, column) => setTriggerValue("chosen", [row, column]);
  view.show(data);
  return () => { root.pixel = undefined; };
}

function create(root) {
  const home = root.querySelector(".byhand");
  home.replaceChildren();
  const row = home.appendChild(make("div", "maps"));
  const input = createMap(row, "input"), output = createMap(row, "output");
  const channels = home.appendChild(make("div", "channels"));
  channels.setAttribute("role", "group");
  const sums = createSums(home), said = home.appendChild(make("p", "said"));
  said.setAttribute("aria-live", "polite");
  const view = { data: null, channel: 0, choose: null };
  output.onChoose = (at, column) => view.choose(at, column);

  const slice = (values, channel) => {
    const n = view.data.channels;
    return Array.from({ length: values.length / n }, (_, i) => values[i * n + channel]);
  };
  const draw = () => {
    const { data, channel } = view;
    output.at = data.place;
    output.frame("point", [...data.place, 1, 1]);
    input.figure.hidden = !data.inputs;
    if (data.inputs) {
      // One sheet holds all channels, one below the other.
      input.show({ ...data.inputs, title: `${data.inputs.title}${data.channels > 1 ? `, channel ${channel}` : ""} ${data.inputs.rows}x${data.inputs.columns}` });
      const image = input.figure.querySelector("img");
      image.style.height = `${100 * data.channels}%`;
      image.style.transform = `translateY(-${(100 * channel) / data.channels}%)`;
      input.frame("ring", data.inner);
      input.frame("field", data.field);
    }
    [...channels.children].forEach((each, i) => each.setAttribute("aria-pressed", i === channel));
    const pressed = channels.children[channel];
    if (pressed) channels.scrollTop = pressed.offsetTop - channels.offsetTop - pressed.offsetHeight;
    sums.write(titled(data), ...(data.kernel ? convolved(data, channel) : data.pooling ? pooled(data) : passed(data)));
  };
  const convolved = ({ window, kernel, side, bias, activation, channels: n, scales }, channel) => {
    const seen = slice(window, channel), weights = slice(kernel, channel);
    const each = Array.from({ length: n }, (_, i) => sumOf(slice(window, i).map((value, at) => value * slice(kernel, i)[at])));
    const products = seen.map((value, i) => value * weights[i]), total = sumOf(each) + (bias ?? 0);
    const reach = reachOf(products), of = n > 1 ? `channel ${channel}` : "input";
    const written = side <= 3 ? rowsOf(seen, weights, side) : [];
    written.push([`Sum of the ${products.length} products${n > 1 ? ` of channel ${channel}` : ""}: `, [n > 1 ? "slice" : "total", text(sumOf(products))]]);
    if (n > 1) written.push([`All ${n} channels together: `, ["total", text(sumOf(each))]]);
    written.push(bias == null
      ? ["This layer has no bias."]
      : [`${text(sumOf(each))} ${bias < 0 ? "−" : "+"} bias ${text(Math.abs(bias))} = `, ["biased", text(total)]]);
    written.push(...ending(activation, total));
    return [[
      { name: of, values: seen, side, scale: scales.input }, "×",
      { name: "kernel slice", values: weights, side, scale: scales.kernel }, "=",
      { name: "products", values: products, side, scale: { ...scales.kernel, low: -reach, high: reach } },
    ], written];
  };
  const ending = (activation, total) => {
    const { written, value } = view.data;
    const names = { relu: total < 0 ? "ReLU, below zero: " : "ReLU, not below zero: ", linear: "No activation: " };
    const lines = [[names[activation] ?? `${activation}(${text(total)}) = `, ["value", text(written)]]];
    // Where the processor multiplies in bfloat16, the network rounds more than this sum does.
    lines.push(["The feature map holds ", ["held", text(value)],
      text(value) === text(written) ? "." : ": the network multiplies numbers of 8 binary digits, so it rounds more."]);
    return lines;
  };
  const pooled = ({ window, side, pooling, scales, value }) => {
    const largest = Math.max(...window), strong = pooling === "max" ? window.indexOf(largest) : undefined;
    const lines = pooling === "max"
      ? [[`The largest of these ${window.length} is `, ["value", text(largest)], `, in row ${Math.floor(strong / side)}, column ${strong % side} of the window.`]]
      : [[`(${added(window.map((each) => [each]))}) / ${window.length} = `, ["value", text(sumOf(window) / window.length)]]];
    lines.push(["The feature map holds ", ["held", text(value)], "."]);
    return [[{ name: "window", values: window, side, scale: scales.input, strong }], lines];
  };
  // One number in, one out.
  const passed = ({ kind, window, value, activation, gamma, beta, mean, deviation, around, change, incoming, map, side, inner, inputs }) => {
    const held = ["The feature map holds ", ["held", text(value)], "."];
    if (kind === "InputLayer") return [[], [["The pixel itself: ", ["held", text(value)], "."]]];
    const before = window[0], came = [`What comes in is ${text(before)}.`];
    if (kind === "BatchNormalization") {
      const result = ((before - mean) / deviation) * gamma + beta;
      return [[], [came,
        [`Minus the mean ${text(mean)}, divided by the deviation ${text(deviation)}: ${text((before - mean) / deviation)}`],
        [`Times gamma ${text(gamma)}, plus beta ${text(beta)}: `, ["value", text(result)]], held]];
    }
    if (kind === "ResidualBlock") {
      const outside = inner[2] < inputs.rows || inner[3] < inputs.columns ? ", zeros outside left out" : "";
      const mean = `Around the convolutions comes the mean of its ${side}x${side} window${outside}: `;
      const way = side > 1 ? mean : "Around the convolutions comes what came in: ";
      const none = `Only ${incoming} maps come in, so nothing comes around the convolutions of this one: `;
      return [[], [[map < incoming ? way : none, ["slice", text(around)]], ["The convolutions add ", ["slice", text(change)], "."],
        [`${text(around)} ${change < 0 ? "−" : "+"} ${text(Math.abs(change))} = `, ["value", text(around + change)]], held]];
    }
    if (kind === "Dropout") return [[], [came, ["Dropout acts only in training; now the number passes as it is."], held]];
    if (activation === "relu")
      return [[], [came, [before < 0 ? "ReLU, below zero: " : "ReLU, not below zero: ", ["value", text(Math.max(0, before))]], held]];
    return [[], [came, [`${activation ?? kind} of it: `, ["value", text(value)]], held]];
  };

  view.show = (data) => {
    view.data = data;
    output.show(data.output);
    const widest = data.inputs?.columns ?? data.output.columns;
    row.style.setProperty("--cell", `${Math.max(SMALLEST_CELL, SMALLEST_MAP / widest)}px`);
    row.style.setProperty("--both", data.output.columns + (data.inputs?.columns ?? 0));
    const n = data.sums?.length ?? 0;
    channels.hidden = n < 2;
    channels.setAttribute("aria-label", "Sum of each input channel");
    if (n > 1) {
      if (view.key !== data.key) view.channel = data.sums.reduce((best, sum, i) => (Math.abs(sum) > Math.abs(data.sums[best]) ? i : best), 0);
      channels.replaceChildren(...data.sums.map((sum, i) => {
        const button = make("button", "", `${i}: ${text(sum)}`);
        button.type = "button";
        button.title = `Channel ${i} adds ${text(sum)}`;
        button.onclick = () => { view.channel = i; draw(); said.textContent = button.title; };
        return button;
      }));
    } else view.channel = 0;
    if (view.key && view.key === data.key) said.textContent = titled(data);
    view.key = data.key;
    draw();
  };
  return view;
}

const titled = ({ title, value }) => `${title}: ${text(value)}`;
