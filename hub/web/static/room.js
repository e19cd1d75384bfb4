// The room page: the present with its reasons, lessons, forecast, charts, devices and maintenance.

import { Chart, Strip } from "./chart.js";
import { $, h, icon, put, setClass } from "./dom.js";
import { showEvents } from "./events.js";
import { List } from "./list.js";
import { everySecond, inBreak, Live } from "./live.js";
import { drawMaintenance, prepareMaintenance } from "./maintenance.js";
import { isSwitched, orderControls } from "./orders.js";
import { showTomorrow } from "./tomorrow.js";
import { age, clock, measured, moment, now, number, quantity, said, span, start, t } from "./speech.js";

const uid = location.pathname.split("/").at(-1);
const TILES = ["co2_ppm", "temperature_c", "humidity_pct", "people", "ventilation", "illuminance_lx", "noise_dba", "power_w", "pm25_ugm3"];
const SMALL = 150;
const CHARTS = [["co2_ppm", 260], ["temperature_c", SMALL], ["humidity_pct", SMALL], ["people", SMALL], ["noise_dba", SMALL], ["illuminance_lx", SMALL], ["power_w", SMALL]];
const ALWAYS = ["co2_ppm", "people"];
const REFRESH_MS = { "3h": 30000, "24h": 120000, "7d": 600000, "30d": 1800000 };

const live = new Live("room", changed, { room: uid.slice(uid.indexOf(".") + 1) });
const gone = $("#gone") !== null; // out of use: only its past is shown
const room = () => live.items.get(`room/${uid}`);
const isStale = () => room().stale || (live.lost && room().newest !== null && now() - room().newest > 60000);

function fill(place, fingerprint, build) {
  const is = JSON.stringify(fingerprint);
  if (place.dataset.is === is) return;
  place.dataset.is = is;
  place.replaceChildren(...build().flat().filter(Boolean));
}

function drawHead() {
  const { status, since, since_least: least, newest, maintenance } = room();
  const word = t(status === "occupied_unscheduled" && inBreak(live) ? "status.occupied_break" : `status.${status}`);
  fill($("#status"), [word, maintenance], () => [maintenance === null
    ? h(`span.tag.${status}`, {}, icon(status, "", ""), word)
    : h("span.tag.maintenance", {}, icon("maintenance", "", ""), t("status.maintenance") + (maintenance ? `: ${maintenance}` : ""))]);
  put($("#since"), since === null ? "" : `${t(least ? "room.since_least" : "room.since", { t: moment(since) })} · ${span(now() - since)}`);
  put($("#newest"), newest === null ? t("wall.no_value") : age(newest));
  setClass(document.body, "room-stale", isStale());
}

function drawWhy() {
  const { reasons, waste } = room();
  fill($("#reasons"), reasons, () => reasons.map(({ text, hot }) => h(`li${hot ? ".hot" : ""}`, {}, text)));
  fill($("#waste"), [waste, Math.floor(now() / 60000)], () => (waste.length ? [h("h3", {}, t("room.waste"))] : []).concat(waste.map(([what, since, energy]) =>
    h("p.wasted", {}, icon(what), `${t(`running.${what}`)} · ${span(now() - since)}${energy ? ` · ${number(energy, 2)}\u00a0kWh` : ""}`))));
}

function drawLessons() {
  const { lesson, next } = room();
  const line = (title, one, more) => h("div.one", {}, h("span.dim", {}, title), h("b", {}, `${one.classes.join(", ")} · ${one.subject}`), h("span", {}, [one.teachers.join(", "), `${clock(one.start)}–${clock(one.end)}`, more].filter(Boolean).join(" · ")));
  fill($("#lessons"), [lesson, next, Math.floor(now() / 60000)], () => [
    lesson ? line(t("room.lesson_now"), lesson, t("wall.left", { t: span(lesson.end - now() + 59999) })) : h("div.one", {}, h("span.dim", {}, t("room.lesson_now")), h("b", {}, t("wall.no_lesson"))),
    next ? line(t("room.lesson_next"), next) : h("div.one", {}, h("span.dim", {}, t("room.lesson_next")), h("span", {}, t("room.no_next"))),
  ]);
}

/** While a lesson runs, what is asked for is whether the limit comes before the bell; else two hours are looked at. */
function outlook({ before_bell: chance }, limit) {
  if (chance === null) return t("room.forecast_none", { n: limit });
  // A fifth: up to there both recorded and simulated lessons bear it out, between a fifth and a half not (docs/benchmarks.md).
  return t(chance < 0.2 ? "room.forecast_not_before_bell" : "room.forecast_perhaps_before_bell", { n: limit, p: number(Math.min(99, Math.max(1, 100 * chance))) });
}

function drawForecast() {
  const { forecast, values } = room();
  const [minutes, early, late] = forecast.minutes;
  const limit = number(forecast.limit);
  const text = forecast.over ? t("room.forecast_over", { n: limit })
    : minutes !== null ? t(late === null ? "room.forecast_in_open" : "room.forecast_in", { n: limit, m: number(minutes), a: number(early), b: number(late ?? minutes) })
      : !values.co2_ppm ? t("wall.no_value") : values.co2_ppm[2] ? t("room.forecast_silent") : forecast.slope === null ? t("room.forecast_unknown") : outlook(forecast, limit);
  const [end, low, high] = forecast.lesson_end;
  const bell = end === null || !values.co2_ppm || values.co2_ppm[2] ? "" : t("room.forecast_lesson_end", { n: number(end), a: number(low), b: number(high) });
  fill($("#forecast"), [text, bell, forecast.over, forecast.slope], () => [
    h(`p.outlook${forecast.over || minutes !== null ? ".hot" : ""}`, {}, text),
    bell ? h(`p.bell${end > forecast.limit ? ".hot" : ""}`, {}, bell) : null,
    forecast.slope !== null ? h("p.dim", {}, [`${forecast.slope > 0 ? "+" : ""}${number(forecast.slope, 1)} ppm/${t("span.minutes", { n: "" }).trim()}`,
      forecast.slope >= 3 && minutes === null && !forecast.over ? t("room.levelling") : ""].filter(Boolean).join(" · ")) : null,
  ]);
}

/* Tiles: one figure each, with unit and age */

const tiles = new Map();

function tileOf(key) {
  const { values, people, air, newest } = room();
  if (key === "people") {
    const [estimate, low, high, expected] = people;
    const range = estimate !== null && high > low ? `${number(low)}–${number(high)}` : "";
    return [t("room.people"), estimate === null ? t("wall.unknown_people") : `${estimate >= 1 ? "≈ " : ""}${number(estimate)}`, expected !== null ? t("wall.of_people", { n: expected }) : "", estimate === null ? null : newest, room().stale, range];
  }
  if (key === "ventilation") {
    if (air[0] === null && air[1] === null) return null;
    return [t("room.ventilation"), air[1] !== null ? number(air[1], 1) : number(air[0], 1), air[1] !== null ? t("room.lps") : t("room.ach"), air[2] ?? newest, room().stale];
  }
  const value = key === "power_w" ? wholePower() : values[key];
  if (!value) return null;
  const [unit, , meaning] = quantity(key);
  return [meaning.charAt(0).toUpperCase() + meaning.slice(1), measured(key, value[0]).replace(`\u00a0${unit}`, ""), unit, value[1], value[2]];
}

/** A room's power is that of all its meters together; a meter that fell silent makes the sum an old value. */
function wholePower() {
  const metered = live.under("device/").map((device) => device.values.power_w).filter(Boolean);
  if (!metered.length) return room().values.power_w ?? null;
  return [metered.reduce((sum, [watts]) => sum + watts, 0), Math.min(...metered.map(([, at]) => at)), metered.some(([, , stale]) => stale)];
}

function drawTiles() {
  const place = $("#tiles");
  for (const key of TILES) {
    const tile = tileOf(key);
    if (!tile) continue;
    if (!tiles.has(key)) {
      const part = { label: h("h3"), figure: h("b"), unit: h("small"), age: h("span.age") };
      part.element = h("div.panel.tile", { "data-key": key }, part.label, h("p", {}, part.figure, " ", part.unit), part.age);
      tiles.set(key, part);
      const later = TILES.slice(TILES.indexOf(key) + 1).map((other) => tiles.get(other)?.element).find(Boolean);
      place.insertBefore(part.element, later ?? null);
    }
    const part = tiles.get(key);
    const [label, figure, unit, at, stale, extra] = tile;
    put(part.label, label);
    put(part.figure, figure);
    put(part.unit, unit);
    put(part.age, [extra, at === null ? "" : age(at)].filter(Boolean).join(" · "));
    setClass(part.element, "words", !/\d/.test(figure));
    setClass(part.element, "stale", stale || isStale());
    const { limit } = room().forecast;
    const co2 = key === "co2_ppm" && !stale ? room().values.co2_ppm[0] : 0;
    setClass(part.element, "over", co2 > limit);
    setClass(part.element, "near", co2 > (limit * 2) / 3 && co2 <= limit);
  }
}

/* Charts */

const charts = CHARTS.map(([key, height]) => {
  const label = key === "people" ? t("room.people") : quantity(key)[2];
  const unit = quantity(key)[0];
  const chart = new Chart($("#charts"), key, label.charAt(0).toUpperCase() + label.slice(1) + (unit && key !== "people" ? ` (${unit})` : ""), (at) => charts.forEach((each) => each.read(at)), height);
  if (key === "co2_ppm") {
    chart.element.classList.add("wide");
    chart.strip = new Strip(chart.element, t("room.lessons"));
  }
  return chart;
});
let range = "3h";
let history = JSON.parse($("#history-data").textContent);
let refreshing = 0;

const OPEN_MIN = 120; // an interval without an end: the fan's lower edge hardly rises

function forecastOf() {
  const { forecast, values, stale } = room();
  const [minutes, early, late] = forecast.minutes;
  if (minutes === null || stale || !values.co2_ppm || forecast.over) return null;
  return { value: values.co2_ppm[0], limit: forecast.limit, minutes, early: Math.max(0.5, early ?? minutes), late: Math.max(late ?? OPEN_MIN, minutes) };
}

/** What is derived begins when the hub began; measurements may reach further back, sent by the gateways afterwards. */
const beganLate = (derived, measuredPoints) => derived.length > 0 && measuredPoints.length > 0 && derived[0][0] - measuredPoints[0][0] > 3 * history.step;

function drawCharts() {
  if (!history) return;
  const frame = { from: history.from, to: history.to, end: history.to + history.ahead, step: history.step, lessons: history.lessons };
  for (const chart of charts) {
    const points = history.series[chart.key];
    chart.element.hidden = !points.length && !ALWAYS.includes(chart.key);
    if (chart.key === "people") chart.tell(beganLate(points, history.series.co2_ppm) ? t("room.people_from", { t: moment(points[0][0]) }) : "", t("room.people_empty"));
    chart.show({ ...frame, points, ...(chart.key === "co2_ppm" ? { limit: room()?.forecast.limit ?? null, forecast: room() && history.ahead ? forecastOf() : null } : {}) });
    chart.strip?.show(frame);
  }
}

async function load(wanted) {
  const mine = ++refreshing;
  try {
    const answer = await fetch(`/live/rooms/${uid}/history?range=${wanted}`);
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    if (mine !== refreshing) return;
    history = found;
    $("#history-problem").hidden = true;
    drawCharts();
  } catch {
    if (mine !== refreshing) return;
    put($("#history-problem"), t("room.chart_error"));
    $("#history-problem").hidden = false;
  }
}

$("#ranges").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  range = button.dataset.range;
  for (const other of $("#ranges").children) other.setAttribute("aria-pressed", String(other === button));
  $("#export").href = `/api/v1/rooms/${uid}/readings.csv?range=${range}`;
  load(range);
});

/* Devices */

function drawDevices() {
  const devices = live.under("device/").sort((a, b) => a.name.localeCompare(b.name, start.language, { numeric: true }));
  const body = $("#device-table").tBodies[0];
  fill(body, [devices.map(({ values, last, order, ...rest }) => [rest, Object.entries(values).map(([key, value]) => [key, value[0]])]), Math.floor(now() / 5000)], () => (devices.length ? devices.map((device) => h(`tr${device.stale ? ".stale" : ""}`, {},
    h("td", {}, h("b", {}, device.name), h("div.dim.small", {}, [device.model, device.interval ? t("devices.interval", { t: span(device.interval * 1000) }) : ""].filter(Boolean).join(" · "))),
    h("td", {}, said(device.values)),
    h("td.num.dim", {}, device.last === null ? "–" : age(device.last), device.available === false ? h("div", {}, h("span.tag.bad", {}, t("devices.unavailable"))) : device.stale ? h("div", {}, h("span.tag.bad", {}, t("devices.stale"))) : ""),
  )) : [h("tr", {}, h("td.dim", {}, t("room.no_devices")))]));
}

const controlList = new List($("#control-list"), (device) => {
  const name = h("b", {}, device.name);
  const values = h("span.dim.small");
  const controls = orderControls(device);
  const element = h("article.control", { role: "listitem" }, h("div.who", {}, name, values), controls.element);
  return { element, draw: (item) => {
    put(values, said(item.values));
    controls.draw(item);
  } };
});

function drawControls() {
  const obedient = live.under("device/").filter(isSwitched).sort((a, b) => a.name.localeCompare(b.name, start.language, { numeric: true }));
  $("#controls").hidden = !obedient.length;
  controlList.show(obedient.map((item) => [item.id, item]));
}

function drawNotices() {
  const { lines } = live.items.get("notices");
  const serious = lines.filter(([severity]) => severity !== "info");
  fill($("#notices"), serious, () => serious.map(([severity, text]) => h(`div.banner.${severity}`, {}, text)));
}

function changed() {
  if (!room()) return gone ? undefined : location.reload();
  drawHead();
  drawWhy();
  drawLessons();
  drawForecast();
  drawTiles();
  drawDevices();
  drawControls();
  drawMaintenance(room().maintenance !== null);
  drawNotices();
  return undefined;
}

prepareMaintenance(uid);
changed();
drawCharts();
showTomorrow($("#tomorrow-days"), uid);
setInterval(() => showTomorrow($("#tomorrow-days"), uid), 3600000);
showEvents($("#event-list"), uid);
setInterval(() => showEvents($("#event-list"), uid), 60000);
if (!history) load(range);
if (gone) $('[data-range="30d"]').click();
everySecond(() => {
  if (!room()) return;
  drawHead();
  drawTiles();
  drawLessons();
  drawDevices();
  drawControls();
});
(function again() {
  setTimeout(() => {
    if (!document.hidden) load(range);
    again();
  }, REFRESH_MS[range]);
})();
