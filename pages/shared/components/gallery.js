// Many small pictures from one sprite. Arrow keys move, Enter or a click chooses.
export default function ({ parentElement, data, setTriggerValue }) {
  const sprite = new Image();
  sprite.src = data.sprite;
  parentElement.wanted = sprite;
  // The old pictures stay until the new ones can be drawn; of two in a hurry the later one counts.
  sprite.decode().catch(() => {}).then(() => {
    const root = parentElement.querySelector(".gallery");
    if (root && parentElement.wanted === sprite) draw(root, data, setTriggerValue);
  });
}

function draw(root, data, setTriggerValue) {
  const hadFocus = root.contains(root.getRootNode().activeElement);
  const at = Math.min(Number(root.dataset.at ?? 0), data.labels.length - 1);
  root.className = data.captions ? "gallery captioned" : "gallery";
  root.style.gridTemplateColumns = data.columns
    ? `repeat(${data.columns}, minmax(0, ${data.tile}px))`
    : `repeat(auto-fill, minmax(min(${data.tile}px, 100%), 1fr))`;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.title);
  root.replaceChildren(...data.labels.map((label, i) => cell(data, label, i)));
  const cells = [...root.children];
  if (!data.clickable) return;
  const go = (to, focus = true) => {
    if (to < 0 || to >= cells.length) return;
    cells.forEach((each, i) => (each.tabIndex = i === to ? 0 : -1));
    root.dataset.at = to;
    if (focus) cells[to].focus();
  };
  go(at, hadFocus);
  root.onclick = (event) => {
    const to = cells.indexOf(event.target.closest(".cell"));
    if (to < 0) return;
    go(to);
    setTriggerValue("chosen", to);
  };
  root.onkeydown = (event) => {
    const wide = getComputedStyle(root).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    if (!step) return;
    event.preventDefault();
    go(Number(root.dataset.at ?? 0) + step);
  };
}

function cell(data, label, i) {
  const { across, down, width, height, gutter } = data;
  const item = document.createElement(data.clickable ? "button" : "div");
  item.className = "cell";
  if (data.wrong?.[i]) item.classList.add("wrong");
  if (data.selected === i) {
    item.classList.add("selected");
    item.setAttribute("aria-current", "true");
  }
  item.title = label;
  item.setAttribute("aria-label", label);
  if (!data.clickable) item.setAttribute("role", "img");
  const picture = document.createElement("span");
  picture.className = "picture";
  const full = [across * (width + gutter) - gutter, down * (height + gutter) - gutter];
  const place = (index, size, whole) =>
    whole > size ? (index * (size + gutter)) / (whole - size) * 100 : 0;
  picture.style.cssText =
    `aspect-ratio:${width}/${height};background-image:url(${data.sprite});` +
    `background-size:${(full[0] / width) * 100}% ${(full[1] / height) * 100}%;` +
    `background-position:${place(i % across, width, full[0])}% ` +
    `${place(Math.floor(i / across), height, full[1])}%`;
  item.append(picture);
  if (data.captions) {
    const caption = document.createElement("span");
    caption.className = "caption";
    caption.textContent = data.captions[i];
    item.append(caption);
  }
  return item;
}
