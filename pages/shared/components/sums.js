// Arithmetic with real numbers: grids of cells with signs between them, and lines below.
function createSums(parent) {
  const panel = make("div", "sums"), title = make("p", "title"), grids = make("div", "grids");
  const lines = make("div", "lines");
  grids.tabIndex = 0; // large kernels scroll, so the keyboard must reach them
  grids.setAttribute("role", "group");
  grids.setAttribute("aria-label", "The numbers");
  panel.append(title, grids, lines);
  parent.append(panel);
  return {
    // parts: grids { name, values, side, scale, strong } and signs, in their order. A line is a list
    // of texts and [class, text] pairs.
    write(words, parts, written) {
      title.textContent = words;
      panel.classList.toggle("long", parts.some((part) => part.side > 3));
      grids.replaceChildren(...parts.map((part) =>
        typeof part === "string" ? make("span", "sign", part) : grid(part)));
      lines.replaceChildren(...written.map(line));
    },
  };
}

function grid({ name, values, side, scale, strong }) {
  const figure = make("figure", "grid"), table = make("table");
  if (side > 5) table.className = "small";
  for (let i = 0; i < side; i++) {
    const row = make("tr");
    for (let j = 0; j < side; j++) {
      const place = i * side + j, cell = make("td", place === strong ? "strong" : "", text(values[place]));
      fill(cell, values[place], scale);
      row.append(cell);
    }
    table.append(row);
  }
  figure.append(make("figcaption", "", name), table);
  return figure;
}

function line(parts) {
  const paragraph = make("p");
  for (const part of parts)
    paragraph.append(typeof part === "string" ? part : make("span", part[0], part[1]));
  return paragraph;
}

// "−1 × 0.784 + 0 × 0.5 + 1 × 0.2 = −0.584", one line for each row of the kernel.
function rowsOf(window, kernel, side) {
  return Array.from({ length: side }, (_, i) => {
    const row = Array.from({ length: side }, (_, j) => i * side + j);
    const sum = row.reduce((total, at) => total + window[at] * kernel[at], 0);
    return [`${added(row.map((at) => [kernel[at], ` × ${text(window[at])}`]))} = `, ["row", text(sum)]];
  });
}

// "−1 × 0.784 + 0.5 − 2": numbers, each with what follows it, as one writes them in a row.
function added(terms) {
  return terms.map(([value, rest = ""], i) => {
    const shown = text(value);
    if (i === 0) return shown + rest;
    return shown.startsWith("−") ? ` − ${shown.slice(1)}${rest}` : ` + ${shown}${rest}`;
  }).join("");
}

const sumOf = (values) => values.reduce((total, value) => total + value, 0);
const reachOf = (values) => Math.max(...values.map(Math.abs)) || 1;
