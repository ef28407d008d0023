"use strict";
// The server draws everything but the points; this script draws those, moves all of it when somebody zooms, and tells
// what is pointed at. Times are epoch seconds; places are the chart's own units until `view` says which part is seen.
const data = JSON.parse(document.getElementById("data").textContent);
const chart = document.getElementById("chart"), svg = chart.querySelector("svg"), canvas = chart.querySelector("canvas");
const said = document.getElementById("said"), scaled = document.querySelectorAll(".scaled"), chosen = document.getElementById("chosen");
const ticks = document.getElementById("ticks"), firstTicks = ticks.innerHTML, firstWords = said.textContent;
const outcomes = ["ok", "failed", "unknown"], whole = { from: 0, to: data.width }, narrowest = data.width / 2000;
let view = { ...whole };

function column(name, Numbers) {
  const bytes = Uint8Array.from(atob(data.marks.columns[name]), (letter) => letter.charCodeAt(0));
  const values = new Numbers(bytes.length / 4), reader = new DataView(bytes.buffer);
  for (let place = 0; place < values.length; place++) {
    values[place] = Numbers === Float32Array ? reader.getFloat32(place * 4, true) : reader.getUint32(place * 4, true);
  }
  return values;
}
const marks = {
  x: column("x", Float32Array), latency: column("latency", Float32Array), kind: column("kind", Uint32Array),
  who: column("who", Uint32Array), line: column("line", Uint32Array), stands: column("stands", Uint32Array),
};
const [low, high] = data.scale;
const height = (latency) => data.height - 10 - Math.log(Math.max(latency, low) / low) / Math.log(high / low) * (data.height - 20);
const y = marks.latency.map(height);
const outcome = Uint8Array.from(marks.kind, (kind) => data.marks.kinds[kind][0]);

const stretch = () => data.width / (view.to - view.from);
const shown = (x) => (x - view.from) * stretch();

function draw(style) {
  const box = canvas.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * sharp));
  canvas.height = Math.max(1, Math.round(box.height * sharp));
  const brush = canvas.getContext("2d"), unit = canvas.width / data.width;
  const crowded = marks.x.length > 20000 && stretch() < 4, lonely = marks.x.length < 3000;
  const dot = Math.max(1.2, (lonely ? 2.4 : 1.6) * unit);
  const size = crowded ? dot * 0.7 : dot;
  outcomes.forEach((name, number) => {
    brush.fillStyle = brush.strokeStyle = style.getPropertyValue(`--${name}`).trim();
    brush.globalAlpha = number ? 0.9 : crowded ? 0.35 : 0.7;
    brush.lineWidth = Math.max(1, unit * 1.2);
    brush.beginPath();
    for (let place = 0; place < y.length; place++) {
      const x = shown(marks.x[place]);
      if (outcome[place] !== number || x < -3 || x > data.width + 3) continue;
      shape(brush, number, x * unit, y[place] * unit, size, lonely);
    }
    if (number === 1) brush.stroke(); else brush.fill();
  });
}

function shape(brush, number, x, top, size, round) {
  if (number === 0 && round) { brush.moveTo(x + size, top); brush.arc(x, top, size, 0, 7); return; }
  // A square is quickly drawn, and among thousands as small as a dot.
  if (number === 0) { brush.rect(x - size, top - size, 2 * size, 2 * size); return; }
  if (number === 1) {
    brush.moveTo(x - size, top - size); brush.lineTo(x + size, top + size);
    brush.moveTo(x + size, top - size); brush.lineTo(x - size, top + size);
    return;
  }
  brush.moveTo(x, top - 1.6 * size); brush.lineTo(x + 1.6 * size, top + 1.3 * size); brush.lineTo(x - 1.6 * size, top + 1.3 * size);
}

function instant(x) {
  const inside = data.stretches.find(([, , start, width]) => x <= start + width) || data.stretches[data.stretches.length - 1];
  const [begin, end, start, width] = inside;
  return begin + Math.min(1, Math.max(0, (x - start) / (width || 1))) * (end - begin);
}

function clock(seconds, precisely) {
  return new Date((seconds + data.zone) * 1000).toISOString().slice(11, precisely ? 19 : 16);
}

function relabel() {
  if (view.from === whole.from && view.to === whole.to) { ticks.innerHTML = firstTicks; return; }
  const seen = data.stretches.filter(([, , x, width]) => x + width >= view.from && x <= view.to);
  const rate = Math.max(0.0001, ...seen.map(([begin, end, , width]) => width * stretch() / Math.max(1, end - begin)));
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400].find((one) => one * rate >= 70) || 86400;
  let drawn = "", last = -Infinity;
  for (const [begin, end, x, width] of seen) {
    const per = width / Math.max(1, end - begin), first = begin + Math.max(0, (view.from - x) / (per || 1));
    const until = begin + Math.min(end - begin, (view.to - x) / (per || 1));
    for (let at = Math.ceil((first + data.zone) / step) * step - data.zone; at <= until; at += step) {
      const place = shown(x + (at - begin) * per);
      if (place - last < 56) continue;
      last = place;
      drawn += `<line class="grid" x1="${place}" x2="${place}" y1="0" y2="${data.bottom}"/>`;
      drawn += `<text x="${place}" y="${data.bottom + 16}" text-anchor="middle">${clock(at, step < 60)}</text>`;
    }
  }
  ticks.innerHTML = drawn;
}

let waiting = false;
function look(from, to) {
  const wide = Math.min(data.width, Math.max(narrowest, to - from));
  const start = Math.min(data.width - wide, Math.max(0, from));
  view = { from: start, to: start + wide };
  chart.dataset.zoom = stretch().toFixed(2);
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; redraw(); });
}

function redraw() {
  for (const group of scaled) group.setAttribute("transform", `translate(${-view.from * stretch()} 0) scale(${stretch()} 1)`);
  for (const label of svg.querySelectorAll("[data-x]")) {
    const x = shown(Number(label.dataset.x)), leftwards = label.hasAttribute("text-anchor");
    label.setAttribute("x", leftwards ? x - 4 : x + 4);
    label.style.display = x < (leftwards ? 90 : -2) || x > data.width + (leftwards ? 2 : -20) ? "none" : "";
  }
  relabel();
  draw(getComputedStyle(document.documentElement));
}

const zoom = (factor, around) => look(around - (around - view.from) / factor, around + (view.to - around) / factor);
const middle = () => (view.from + view.to) / 2;
const reset = () => look(whole.from, whole.to);

function spot(moved) {
  const at = new DOMPoint(moved.clientX, moved.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return { seen: at.x, x: view.from + Math.min(data.width, Math.max(0, at.x)) / stretch(), y: at.y };
}

function latencyWords(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
}

function words(place) {
  const [number, operation, error] = data.marks.kinds[marks.kind[place]], more = marks.stands[place] - 1;
  return `${clock(instant(marks.x[place]), true)} ${data.marks.diners[marks.who[place]]}: ${operation} ${outcomes[number]} after `
    + latencyWords(marks.latency[place]) + (error ? `: ${error}` : "") + (more ? ` (and ${more} more here)` : "")
    + ` (line ${marks.line[place]} of history.jsonl)`;
}

function nearest(at) {
  let found = -1, least = 144;
  for (let place = 0; place < y.length; place++) {
    const far = (shown(marks.x[place]) - at.seen) ** 2 + (y[place] - at.y) ** 2;
    if (far < least) { least = far; found = place; }
  }
  return found;
}

let dragged = null;
chart.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || event.pointerType === "touch") return;
  dragged = spot(event).x;
  chart.setPointerCapture(event.pointerId);
});
chart.addEventListener("pointermove", (event) => {
  const at = spot(event);
  if (dragged !== null) {
    chosen.setAttribute("x", shown(Math.min(dragged, at.x)));
    chosen.setAttribute("width", Math.abs(at.x - dragged) * stretch());
    said.textContent = `${clock(instant(Math.min(dragged, at.x)), true)} to ${clock(instant(Math.max(dragged, at.x)), true)}`;
    return;
  }
  const place = at.y >= 0 && at.y <= data.height && at.seen >= 0 ? nearest(at) : -1;
  const title = event.target.querySelector && event.target.closest("svg *") ? event.target.querySelector(":scope > title") : null;
  said.textContent = place >= 0 ? words(place) : title ? title.textContent : firstWords;
});
chart.addEventListener("pointerup", (event) => {
  if (dragged === null) return;
  const from = Math.min(dragged, spot(event).x), to = Math.max(dragged, spot(event).x);
  dragged = null;
  chosen.setAttribute("width", 0);
  if ((to - from) * stretch() > 6) look(from, to);
});
chart.addEventListener("dblclick", reset);
chart.addEventListener("wheel", (event) => {
  // A page that is scrolled past must not zoom: the wheel zooms once the chart was clicked, or with Ctrl held.
  if (!event.ctrlKey && document.activeElement !== chart) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 300), spot(event).x);
}, { passive: false });
const keys = {
  "+": () => zoom(1.5, middle()), "=": () => zoom(1.5, middle()), "-": () => zoom(1 / 1.5, middle()),
  ArrowLeft: () => look(view.from - (view.to - view.from) / 5, view.to - (view.to - view.from) / 5),
  ArrowRight: () => look(view.from + (view.to - view.from) / 5, view.to + (view.to - view.from) / 5),
  "0": reset, Home: reset, Escape: () => { reset(); chart.blur(); },
};
chart.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
document.getElementById("nearer").addEventListener("click", keys["+"]);
document.getElementById("farther").addEventListener("click", keys["-"]);
document.getElementById("reset").addEventListener("click", reset);
addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = part.open || !part.classList.contains("long");
  draw({ getPropertyValue: (name) => data.paper[name.slice(2)] });
});
addEventListener("afterprint", redraw);
redraw();
chart.dataset.ready = Math.round(performance.now());
