// Numbers -> colours and words, the same wherever arithmetic is written out.
function shade(value, { low, high, stops }) {
  const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
  const at = share * (stops.length - 1), left = Math.min(Math.floor(at), stops.length - 2);
  const [a, b] = [stops[left], stops[left + 1]].map((stop) => stop.match(/\d+/g).map(Number));
  return a.map((from, i) => Math.round(from + (b[i] - from) * (at - left)));
}

// The colour of a cell, and black or white on it: whichever stands out more.
function fill(element, value, scale) {
  const rgb = shade(value, scale);
  const linear = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  element.style.background = `rgb(${rgb})`;
  element.style.color = luminance > 0.179 ? "#000" : "#fff";
}

// Three decimals, fewer for large numbers, none that are zero; a true minus.
function text(value) {
  const rounded = Number(value.toFixed(Math.abs(value) >= 1000 ? 1 : 3));
  return String(rounded === 0 ? 0 : rounded).replace("-", "−");
}

function make(tag, className = "", content = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (content !== "") element.textContent = content;
  return element;
}
