// A kernel as a table of numbers that can be changed; what is no number waits until it is one.
export default function ({ data: bytes, parentElement: root, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const table = root.querySelector("table"), count = data.side * data.side;
  table.setAttribute("aria-label", data.title);
  if (table.querySelectorAll("input").length !== count) table.replaceChildren(...rows(data.side));
  const inputs = [...table.querySelectorAll("input")];
  const active = table.getRootNode().activeElement;
  inputs.forEach((input, i) => {
    // What somebody is typing stays as it is typed, ahead of the answers to earlier strokes.
    if (input !== active) {
      input.dataset.value = data.values[i];
      tidy(input);
    }
    input.title = `${input.ariaLabel}: ${data.values[i]}`;
    fill(input, data.values[i], data.scale);
  });
  table.onfocusout = ({ target }) => tidy(target);
  table.oninput = ({ target }) => {
    const valid = target.value !== "" && Math.abs(Number(target.value)) <= data.limit;
    target.setAttribute("aria-invalid", String(!valid));
    if (!valid) return;
    target.dataset.value = target.value;
    setTriggerValue("edited", inputs.map((input) => Number(input.dataset.value)));
  };
}

function tidy(input) {
  const shown = String(Number(Number(input.dataset.value).toFixed(4)));
  if (input.value !== shown) input.value = shown;
  input.removeAttribute("aria-invalid");
}

function rows(side) {
  return Array.from({ length: side }, (_, i) => {
    const row = make("tr");
    for (let j = 0; j < side; j++) {
      const input = make("input");
      input.type = "number";
      input.step = "any";
      input.ariaLabel = `Weight in row ${i}, column ${j}`;
      row.appendChild(make("td")).append(input);
    }
    return row;
  });
}
