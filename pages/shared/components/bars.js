// Ten bars that stay where they are: only their lengths and numbers change.
export default function ({ data, parentElement: root }) {
  const list = root.querySelector("ol");
  if (list.children.length !== data.names.length) {
    list.replaceChildren(...data.names.map(() => {
      const item = document.createElement("li");
      item.innerHTML = "<span class=name></span><span class=track><i></i></span><span class=value></span>";
      return item;
    }));
  }
  const top = Math.max(...data.values);
  list.classList.toggle("waiting", data.waiting);
  [...list.children].forEach((item, i) => {
    const value = data.values[i];
    item.querySelector(".name").textContent = data.names[i];
    item.classList.toggle("top", value === top && !data.waiting);
    item.querySelector("i").style.width = `${100 * value}%`;
    item.querySelector("i").style.background = data.colours[i];
    item.querySelector(".value").textContent = data.known ? said(value) : "–";
  });
}

// No softmax is sure by 100 %.
function said(value) {
  const percent = (100 * value).toFixed(1);
  return percent === "100.0" ? ">99.9 %" : `${percent} %`;
}
