// Axes: scales, round ticks, and numbers as people write them.
function roundTicks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

function numberText(value, digits = 3) {
  if (value == null) return "–";
  if (Math.abs(value) >= 1e6) return value.toExponential(1).replace("e+", "e");
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits)));
}

function percentText(value, decimals = 1) {
  return value == null ? "–" : `${(100 * value).toFixed(decimals)} %`;
}

// The values of a trace [x..., y...] within x0..x1, and the trace's value at or before a step.
function within([xs, ys], x0, x1) {
  return ys.filter((y, i) => y != null && xs[i] >= x0 && xs[i] <= x1);
}

function valueAt([xs, ys], step) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= step) low = middle + 1; else high = middle;
  }
  for (let i = low - 1; i >= 0; i--) if (ys[i] != null) return ys[i];
  return null;
}

// One spike must not flatten the rest: the raw values' range is cut at 2 % on either side, the
// smoothed and validation values always fit.
function valueRange(runs, panel, x0, x1) {
  const sure = [], noisy = [];
  for (const run of runs) {
    sure.push(...within(run[panel].smooth, x0, x1), ...within(run[panel].validation, x0, x1));
    if (!run.ghost) noisy.push(...within(run[panel].raw, x0, x1));
  }
  noisy.sort((a, b) => a - b);
  const cut = Math.floor(noisy.length * 0.02);
  if (noisy.length) sure.push(noisy[cut], noisy[noisy.length - 1 - cut]);
  let low = Math.min(...sure), high = Math.max(...sure);
  if (!sure.length) return panel === "accuracy" ? [0, 1] : [0, 2.5];
  if (panel === "loss") low = Math.min(low, Math.max(0, low - 0.1 * (high - low)));
  const margin = 0.06 * (high - low) || 0.05;
  low -= margin; high += margin;
  return panel === "accuracy" ? [Math.max(0, low), Math.min(1, high)] : [Math.max(0, low), high];
}
