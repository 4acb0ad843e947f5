// A confusion matrix whose cells can be chosen: click, or arrow keys and Enter.
export default function ({ parentElement, data, setTriggerValue }) {
  const table = parentElement.querySelector("table");
  const hadFocus = table.contains(table.getRootNode().activeElement);
  const size = data.names.length;
  table.setAttribute("aria-label", data.title);
  table.style.minWidth = `${90 + 24 * size}px`; // of many classes: it scrolls
  table.replaceChildren(head(data.names), ...data.cells.map((row, i) => line(data, row, i)));
  const buttons = [...table.querySelectorAll("button")];
  const go = (to, focus = true) => {
    buttons.forEach((each, i) => (each.tabIndex = i === to ? 0 : -1));
    table.dataset.at = to;
    if (focus) buttons[to].focus();
  };
  go(Math.min(Number(table.dataset.at ?? 0), buttons.length - 1), hadFocus);
  table.onclick = (event) => {
    const at = buttons.indexOf(event.target.closest("button"));
    if (at < 0) return;
    go(at);
    setTriggerValue("chosen", [Math.floor(at / size), at % size]);
  };
  table.onkeydown = (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = Number(table.dataset.at ?? 0);
    const row = Math.floor(at / size) + step[0], column = (at % size) + step[1];
    if (row >= 0 && row < size && column >= 0 && column < size) go(row * size + column);
  };
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function head(names) {
  const top = make("thead", ""), row = make("tr", "");
  row.append(make("th", "corner", "actual \\ predicted"));
  for (const name of names) {
    const cell = make("th", "class", name);
    cell.scope = "col";
    row.append(cell);
  }
  top.append(row);
  return top;
}

function line(data, cells, actual) {
  const row = make("tr", ""), name = make("th", "", data.names[actual]);
  name.scope = "row";
  row.append(name);
  cells.forEach((cell, predicted) => {
    const place = make("td", actual === predicted ? "diagonal" : "");
    if (data.selected && data.selected[0] === actual && data.selected[1] === predicted)
      place.classList.add("selected");
    const button = make("button", "", cell.text);
    button.type = "button";
    button.title = cell.label;
    button.setAttribute("aria-label", cell.label);
    button.style.cssText = `background:${cell.fill};color:${cell.ink}`;
    place.append(button);
    row.append(place);
  });
  return row;
}
