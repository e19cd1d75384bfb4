// Small charts of our own: a line with its lowest–highest band, gaps that stay gaps, a limit, a forecast band, lessons
// behind, and a read-out by mouse, finger and arrow keys. Colours come from the page's style, so both themes work.

import { h, put, svg } from "./dom.js";
import { clock, day, measured, moment, number, quantity, t, zoneOffset } from "./speech.js";

const LEFT = 50;
const RIGHT = 14;
const TOP = 10;
const FOOT = 24;
const MIN = 60000;
const DAY = 1440 * MIN;
const LABEL_PX = 84;
const LETTER_PX = 6.6; // of the axis's 12 pixels, bold
const TIME_STEPS = [10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 10080, 14400].map((minutes) => minutes * MIN);

/** Round values that divide a range into about `count` parts. */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

/** Times on whole steps of the school's local clock. */
export function timeTicks(from, to, count) {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= count) ?? TIME_STEPS.at(-1);
  const shift = zoneOffset(from) * MIN;
  const found = [];
  for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to; at += step) found.push(at);
  return [found, step];
}

/** Runs of points without a missing step between them. */
export function runs(points, step) {
  const found = [];
  for (const point of points) {
    if (!found.length || point[0] - found.at(-1).at(-1)[0] > step * 1.5) found.push([]);
    found.at(-1).push(point);
  }
  return found;
}

const path = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

export class Chart {
  /** `place` receives the chart; `moved(time or null)` is called when the reader points somewhere. */
  constructor(place, key, label, moved, height) {
    Object.assign(this, { key, label, moved, height });
    this.readout = h("output.readout", { "aria-live": "polite" });
    this.picture = svg("svg.chart", { tabindex: 0, role: "img" });
    this.note = h("span.note.dim");
    this.empty = h("p.chart-empty.dim", { hidden: true }, t("room.chart_empty"));
    this.element = h("figure.panel.plot", {}, h("figcaption", {}, h("h3", {}, label), this.note, this.readout), this.picture, this.empty);
    place.append(this.element);
    this.picture.addEventListener("pointermove", (event) => this.#point(event));
    this.picture.addEventListener("pointerdown", (event) => this.#point(event));
    this.picture.addEventListener("pointerleave", () => moved(null));
    this.picture.addEventListener("blur", () => moved(null));
    this.picture.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** `data`: {points, from, to, end, step, lessons, limit, forecast}; times in milliseconds. */
  show(data) {
    this.data = data;
    this.width = 0;
    this.#draw();
  }

  /** A word beside the title, and what stands in the place of a line that does not exist. */
  tell(note, empty) {
    put(this.note, note);
    put(this.empty, empty);
  }

  x(at) {
    return LEFT + ((at - this.data.from) / (this.data.end - this.data.from)) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    return this.height - FOOT - ((value - this.low) / (this.high - this.low)) * (this.height - TOP - FOOT);
  }

  #draw() {
    const width = Math.floor(this.picture.clientWidth);
    if (!this.data || !width || width === this.width) return;
    this.width = width;
    this.#scale();
    this.picture.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.picture.setAttribute("height", this.height);
    this.cursor = svg("g.cursor");
    this.picture.replaceChildren(this.#lessons(), this.#axes(), this.#band(), this.#forecast(), this.#lines(), this.#limit(), this.#present(), this.cursor);
    const { points } = this.data;
    this.empty.hidden = points.length > 0;
    const last = points.at(-1);
    this.picture.setAttribute("aria-label", last ? `${this.label}: ${moment(last[0])} ${this.say(last)}. ${t("room.chart_keys")}` : `${this.label}: ${t("room.chart_empty")}`);
  }

  #scale() {
    const { points, limit, forecast } = this.data;
    const values = points.flatMap(([, , low, high]) => [low, high]);
    if (limit && Math.max(...values, 0) > limit * 0.6) values.push(limit * 1.06);
    if (forecast) values.push(forecast.limit * 1.1);
    let low = values.length ? Math.min(...values) : 0;
    let high = values.length ? Math.max(...values) : 1;
    if (this.key === "co2_ppm") low = Math.min(400, low);
    if (["people", "power_w", "illuminance_lx"].includes(this.key)) low = Math.min(0, low);
    const least = { temperature_c: 4, humidity_pct: 10, noise_dba: 20, co2_ppm: 400, people: 4 }[this.key] ?? (Math.abs(high) * 0.1 || 1);
    if (high - low < least) [low, high] = low < high - least / 2 || low === 0 || this.key === "co2_ppm" ? [low, low + least] : [(low + high - least) / 2, (low + high + least) / 2];
    const marks = ticks(low, high, 4);
    const step = marks.length > 1 ? marks[1] - marks[0] : 1;
    this.low = Math.floor(low / step) * step;
    this.high = Math.ceil((high - step * 0.02) / step) * step;
    this.marks = ticks(this.low, this.high, Math.round((this.high - this.low) / step));
  }

  #axes() {
    const { from, end } = this.data;
    const group = svg("g.axes");
    const [, decimals] = quantity(this.key);
    const fine = this.marks.some((mark) => !Number.isInteger(mark)) ? Math.max(1, decimals) : 0;
    for (const mark of this.data.points.length ? this.marks : []) { // a scale of nothing would be made up
      const y = this.y(mark);
      group.append(svg("line", { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }), svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, number(mark, fine)));
    }
    group.append(...this.#times(from, end));
    return group;
  }

  /** Labels of the time below, each whole and apart from the next; the newest is never the one left out. */
  #times(from, end) {
    const [times, step] = timeTicks(from, end, Math.max(2, Math.floor((this.width - LEFT) / LABEL_PX)));
    const floor = this.height - FOOT;
    const found = [];
    let free = this.width - 2;
    for (const at of times.reverse()) {
      const x = this.x(at);
      const midnight = clock(at) === "00:00";
      const words = midnight || step >= DAY ? day(at) : clock(at);
      const half = (words.length * LETTER_PX) / 2;
      const middle = Math.min(x, free - half);
      if (x < LEFT || x - middle > half || middle < half) continue;
      free = middle - half - 8;
      found.push(svg("line.tick", { x1: x, x2: x, y1: floor, y2: floor + 5 }),
        svg(`text${midnight && step < DAY ? ".midnight" : ""}`, { x: middle, y: this.height - 4, "text-anchor": "middle" }, words));
    }
    return found;
  }

  #lessons() {
    const floor = this.height - FOOT;
    return svg("g.lesson-bands", {}, ...this.data.lessons.map(([start, end]) => {
      const x1 = Math.max(LEFT, this.x(start));
      const x2 = Math.min(this.width - RIGHT, this.x(end));
      return x2 > x1 ? svg("rect", { x: x1, y: TOP, width: x2 - x1, height: floor - TOP }) : null;
    }));
  }

  #band() {
    return svg("g", {}, ...runs(this.data.points, this.data.step).filter((run) => run.length > 1).map((run) => {
      const up = run.map(([at, , , high]) => [this.x(at), this.y(high)]);
      const down = run.map(([at, , low]) => [this.x(at), this.y(low)]).reverse();
      return svg("path.band", { d: `${path([...up, ...down])}Z` });
    }));
  }

  #lines() {
    return svg("g", {}, ...runs(this.data.points, this.data.step).map((run) => (run.length > 1
      ? svg("path.line", { d: path(run.map(([at, mean]) => [this.x(at), this.y(mean)])) })
      : svg("circle.dot", { cx: this.x(run[0][0]), cy: this.y(run[0][1]), r: 2 }))));
  }

  #limit() {
    const { limit } = this.data;
    if (!limit || limit > this.high) return svg("g");
    const y = this.y(limit);
    return svg("g.limit", {}, svg("line", { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }),
      svg("text", { x: LEFT + 8, y: y - 6 }, t("room.limit", { n: number(limit) })));
  }

  // The fan opens from the present value: its upper edge meets the limit at the earliest minute, its lower at the latest.
  #forecast() {
    const { forecast, to } = this.data;
    if (!forecast) return svg("g");
    const { value, limit, minutes, early, late } = forecast;
    const until = Math.min(late * 1.25, (this.data.end - to) / MIN);
    const at = (span, minute) => Math.min(this.high, value + ((limit - value) * minute) / Math.max(span, 0.5));
    const upper = [];
    const lower = [];
    for (let minute = 0; minute <= until + 1e-6; minute += until / 24) {
      const x = this.x(to + minute * MIN);
      upper.push([x, this.y(at(early, minute))]);
      lower.push([x, this.y(at(late, minute))]);
    }
    const middle = [[this.x(to), this.y(value)], [this.x(to + minutes * MIN), this.y(limit)]];
    return svg("g.forecast", {}, svg("path.fan", { d: `${path([...upper, ...lower.reverse()])}Z` }),
      svg("path.likely", { d: path(middle) }), svg("circle", { cx: middle[1][0], cy: middle[1][1], r: 4 }));
  }

  #present() {
    if (this.data.end - this.data.to < MIN) return svg("g");
    const x = this.x(this.data.to);
    return svg("g.present", {}, svg("line", { x1: x, x2: x, y1: TOP, y2: this.height - FOOT }), svg("text", x > this.width - 70 ? { x: x - 5, y: TOP + 10, "text-anchor": "end" } : { x: x + 5, y: TOP + 10 }, t("room.now")));
  }

  say([, mean, low, high]) {
    const text = this.key === "people" ? `≈ ${number(mean)}` : measured(this.key, mean);
    const [, decimals] = quantity(this.key);
    return high - low > 10 ** -decimals ? `${text} (${number(low, decimals)}–${number(high, decimals)})` : text;
  }

  /** Marks the step that holds `at`; null clears. Called for all charts of a page together. */
  read(at) {
    if (!this.cursor || !this.data) return;
    if (at === null) {
      this.cursor.replaceChildren();
      put(this.readout, "");
      return;
    }
    const { step } = this.data;
    const x = this.x(at);
    const near = this.data.points.find(([start]) => Math.abs(start - at) <= step / 2);
    this.cursor.replaceChildren(svg("line", { x1: x, x2: x, y1: TOP, y2: this.height - FOOT }),
      near ? svg("circle", { cx: this.x(near[0]), cy: this.y(near[1]), r: 4.5 }) : "");
    put(this.readout, `${moment(at)} · ${near ? this.say(near) : "–"}`);
  }

  #point(event) {
    const box = this.picture.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const { from, end, step, to } = this.data;
    const at = from + Math.round((Math.min(1, Math.max(0, share)) * (end - from)) / step) * step;
    this.at = Math.min(at, to);
    this.moved(this.at);
  }

  #key(event) {
    const { from, to, step, points } = this.data;
    const wide = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: -wide, ArrowRight: wide, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") return this.moved(null);
    if (!(event.key in moves) || !points.length) return undefined;
    event.preventDefault();
    const base = this.at ?? points.at(-1)[0];
    this.at = Math.min(points.at(-1)[0] ?? to, Math.max(from, base + (this.at === undefined ? 0 : moves[event.key] * step)));
    return this.moved(this.at);
  }
}

/** The lessons as a strip on the same time scale as the chart above it. */
export class Strip {
  constructor(place, label) {
    this.picture = svg("svg.strip", { role: "img", "aria-label": label });
    place.append(this.picture);
    new ResizeObserver(() => this.#draw()).observe(place);
  }

  show(data) {
    this.data = data;
    this.width = 0;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.picture.clientWidth);
    if (!this.data || !width || width === this.width) return;
    this.width = width;
    const { from, end, to, lessons } = this.data;
    const scale = (width - LEFT - RIGHT) / (end - from);
    this.picture.setAttribute("viewBox", `0 0 ${width} 46`);
    this.picture.replaceChildren(...lessons.map(([start, stop, classes, subject, teachers]) => {
      const x1 = LEFT + Math.max(0, start - from) * scale;
      const x2 = LEFT + Math.min(end - from, stop - from) * scale;
      if (x2 - x1 < 1) return null;
      const box = svg("g.strip-lesson", {}, svg("title", {}, `${clock(start)}–${clock(stop)} ${classes} · ${subject} · ${teachers}`),
        svg("rect", { x: x1 + 0.5, y: 3, width: Math.max(1, x2 - x1 - 1), height: 40, rx: Math.min(7, (x2 - x1) / 3) }));
      if (start <= to && to < stop) box.classList.add("running");
      const room = Math.floor((x2 - x1 - 14) / 6.6);
      if (room >= 3) box.append(svg("text.strong", { x: x1 + 8, y: 20 }, cut(classes, room)), svg("text", { x: x1 + 8, y: 36 }, cut(subject, room + 1)));
      return box;
    }).filter(Boolean));
    this.picture.classList.toggle("none", !this.picture.firstChild); // lessons thinner than a pixel leave no empty place
  }
}

const cut = (text, letters) => (text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text);
