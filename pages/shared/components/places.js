// A picture whose cells can be pointed at: with the mouse, a finger, or the arrow keys.
function createMap(parent, name) {
  const figure = make("figure", `map ${name}`), title = make("figcaption"), cells = make("div", "cells");
  const image = make("img"), frames = {};
  image.alt = "";
  cells.append(image);
  figure.append(title, cells);
  parent.append(figure);
  const map = {
    figure, rows: 1, columns: 1, onPoint: null, onLeave: null, onChoose: null, at: [0, 0],
    show({ png, rows, columns, title: words, label }) {
      Object.assign(map, { rows, columns });
      if (image.src !== png) image.src = png;
      title.textContent = words;
      figure.style.setProperty("--columns", columns);
      cells.style.aspectRatio = `${columns} / ${rows}`;
      cells.setAttribute("role", "img");
      cells.setAttribute("aria-label", label);
      if (map.onChoose) cells.tabIndex = 0;
    },
    // Frames are named; a box counts in cells: [top, left, rows, columns]. None hides the frame.
    frame(kind, box) {
      frames[kind] ??= cells.appendChild(make("i", kind));
      frames[kind].hidden = !box || box[2] <= 0 || box[3] <= 0;
      if (frames[kind].hidden) return;
      const [top, left, rows, columns] = box;
      frames[kind].style.cssText = `top:${(100 * top) / map.rows}%;left:${(100 * left) / map.columns}%;`
        + `height:${(100 * rows) / map.rows}%;width:${(100 * columns) / map.columns}%`;
    },
    // What a sweep has not reached yet: from this cell on, row by row.
    cover(row, column) {
      map.frame("rest", row == null ? null : [row, column, 1, map.columns - column]);
      map.frame("rest below", row == null ? null : [row + 1, 0, map.rows - row - 1, map.columns]);
    },
  };
  const cell = (event) => {
    const box = cells.getBoundingClientRect();
    const count = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    return [count((event.clientY - box.top) / box.height, map.rows),
            count((event.clientX - box.left) / box.width, map.columns)];
  };
  cells.addEventListener("pointermove", (event) => map.onPoint?.(...cell(event), event.buttons));
  cells.addEventListener("pointerleave", () => map.onLeave?.());
  cells.addEventListener("click", (event) => map.onChoose?.(...cell(event)));
  cells.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step || !map.onChoose) return;
    event.preventDefault();
    const row = map.at[0] + step[0], column = map.at[1] + step[1];
    if (row >= 0 && row < map.rows && column >= 0 && column < map.columns) map.onChoose(row, column);
  });
  return map;
}
