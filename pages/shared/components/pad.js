// A drawing pad: mouse, touch and pen; sends 28 x 28 grey values while the stroke is drawn.
const SIZE = 280, GRID = 28, CELL = SIZE / GRID, SEND_EVERY_MS = 50, UNDO_STEPS = 20;
// Streamlit closes the connection over a message of more than 25 MB; in base64 that is 18.
const MOST_BYTES = 18e6, KEPT_SIDE = 1024;

export default function (component) {
  const { data, parentElement: root, setStateValue, setTriggerValue } = component;
  const pad = (root.pad ??= create(root));
  pad.send = (grid) => setStateValue("grid", grid);
  pad.paste = (file) => setTriggerValue("pasted", file);
  pad.canvas.setAttribute("aria-label", data.label);
  if (pad.token !== data.token) {
    pad.token = data.token;
    pad.show(data.start);
  }
  return () => { root.pad?.release(); root.pad = undefined; };
}

function create(root) {
  const canvas = root.querySelector("canvas");
  const brush = root.querySelector("input");
  const erase = root.querySelector("[name=erase]");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const undo = [];
  let last = null, pointer = 0, timer = 0;

  const wipe = () => { context.fillStyle = "#000"; context.fillRect(0, 0, SIZE, SIZE); };
  const remember = () => {
    undo.push(context.getImageData(0, 0, SIZE, SIZE));
    if (undo.length > UNDO_STEPS) undo.shift();
  };
  const sendSoon = () => { timer ||= setTimeout(sendNow, SEND_EVERY_MS); };
  const sendNow = () => { clearTimeout(timer); timer = 0; pad.send(grid()); };

  // Each cell is the mean of its 10 x 10 pixels, as a camera would see it from further away.
  const grid = () => {
    const pixels = context.getImageData(0, 0, SIZE, SIZE).data;
    const sums = new Float64Array(GRID * GRID);
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++)
        sums[Math.floor(y / CELL) * GRID + Math.floor(x / CELL)] += pixels[4 * (y * SIZE + x)];
    return btoa(String.fromCharCode(...sums.map((sum) => Math.round(sum / (CELL * CELL)))));
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE,
            ((event.clientY - box.top) / box.height) * SIZE];
  };
  const line = ([x0, y0], [x1, y1]) => {
    context.strokeStyle = erase.getAttribute("aria-pressed") === "true" ? "#000" : "#fff";
    context.lineWidth = brush.value * CELL;
    context.lineCap = context.lineJoin = "round";
    // Never without length: that would draw nothing, and a tap makes a dot.
    context.beginPath(); context.moveTo(x0, y0); context.lineTo(x1 + 0.01, y1); context.stroke();
  };

  const pad = {
    canvas,
    show(start) {
      wipe();
      undo.length = 0;
      [...atob(start || "")].forEach((character, i) => {
        const grey = character.charCodeAt(0);
        context.fillStyle = `rgb(${grey},${grey},${grey})`;
        context.fillRect((i % GRID) * CELL, Math.floor(i / GRID) * CELL, CELL, CELL);
      });
    },
    release() { clearTimeout(timer); document.removeEventListener("paste", onPaste); },
  };

  canvas.onpointerdown = (event) => {
    if (event.button || last) return; // one finger draws, whatever else touches
    pointer = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    remember();
    last = place(event);
    line(last, last);
    sendSoon();
  };
  canvas.onpointermove = (event) => {
    if (!last || event.pointerId !== pointer) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = place(part);
      line(last, next);
      last = next;
    }
    sendSoon();
  };
  canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = (event) => {
    if (last && event.pointerId === pointer) { last = null; sendNow(); }
  };

  root.querySelector("[name=clear]").onclick = () => { remember(); wipe(); sendNow(); };
  root.querySelector("[name=undo]").onclick = () => {
    const before = undo.pop();
    if (before) { context.putImageData(before, 0, 0); sendNow(); }
  };
  erase.onclick = () =>
    erase.setAttribute("aria-pressed", erase.getAttribute("aria-pressed") !== "true");

  const onPaste = async (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    const reader = new FileReader();
    reader.onload = () => pad.paste({ name: file.name, data: reader.result.split(",")[1] });
    reader.readAsDataURL(file.size > MOST_BYTES ? await smaller(file) : file);
  };
  document.addEventListener("paste", onPaste);
  return pad;
}

// No larger than images.prepare makes it anyway. What is no picture is cut short, and found out.
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, KEPT_SIDE / Math.max(picture.width, picture.height));
    const side = (length) => Math.max(1, Math.round(length * scale));
    const sheet = new OffscreenCanvas(side(picture.width), side(picture.height));
    const context = sheet.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, sheet.width, sheet.height);
    return await sheet.convertToBlob();
  } catch {
    return file.slice(0, 1000);
  }
}
