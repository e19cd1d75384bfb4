// The live wall: one component that draws every room from data and touches only what changed.

import { $, h, icon, put, setClass, svg } from "./dom.js";
import { everySecond, inBreak, Live } from "./live.js";
import { age, clock, measured, now, number, span, start, t } from "./speech.js";

const STATUSES = ["in_lesson", "lesson_but_empty", "occupied_unscheduled", "idle", "after_hours", "unknown", "maintenance"];
const RARE = new Set(["after_hours", "maintenance"]);
/** A room being worked on is not judged: it is neither free nor without data. */
const statusOf = (room) => (room.maintenance === null ? room.status : "maintenance");
const NEAR_SHARE = 2 / 3;
const SPARK_MIN = 30;
const MOVING = 1.5; // ppm a minute: from here the hub's reasons speak of rising and falling too
const CUT_STALE_MS = 60000; // without the hub's word, older than this is not the present

const DRAWN_ALWAYS = 60;

const cards = new Map();
// With a thousand rooms only those near the window are drawn; the others are drawn when they come near.
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const part = cards.get(target.dataset.room);
    if (!part) continue;
    part.near = isIntersecting;
    const room = live.items.get(`room/${target.dataset.room}`);
    if (isIntersecting && part.behind && room) draw(part, room);
  }
}, { rootMargin: "600px" });
const address = new URLSearchParams(location.search);
const choice = { status: address.get("status") ?? "", building: address.get("building") ?? "", attention: address.has("attention") };
const live = new Live("wall", changed);

const collator = new Intl.Collator(start.language, { numeric: true });
const byName = (a, b) => collator.compare(a.name, b.name);
const isStale = (room) => room.stale || (live.lost && room.newest !== null && now() - room.newest > CUT_STALE_MS);

function newCard(room) {
  const part = {
    name: h("span.name", {}, room.name), age: h("span.age"), tag: h("span.tag"), since: h("span.since"), lesson: h("div.lesson"),
    figure: h("div.figure"), spark: svg("svg.spark", { viewBox: "0 0 104 38", role: "img", "aria-label": t("wall.spark") }),
    why: h("div.why"), temperature: h("span"), humidity: h("span"), people: h("span"), running: h("div.running"),
  };
  const fact = (name, value) => h("span.fact", {}, icon(name), value);
  part.card = h("a.card", { href: `/rooms/${room.uid}` },
    h("div.top", {}, part.name, part.age),
    h("div.state", {}, part.tag, part.since),
    part.lesson,
    h("div.main", {}, part.figure, part.spark),
    part.why,
    h("div.facts", {}, fact("temperature", part.temperature), fact("humidity", part.humidity), fact("people", part.people), part.running));
  part.card.dataset.room = room.uid;
  part.near = cards.size < DRAWN_ALWAYS;
  near.observe(part.card);
  return part;
}

function draw(part, room) {
  part.behind = !part.near && cards.size > DRAWN_ALWAYS;
  if (part.behind) return;
  put(part.name, room.name);
  const status = statusOf(room);
  const word = t(status === "occupied_unscheduled" && inBreak(live) ? "status.occupied_break" : `status.${status}`);
  if (part.card.dataset.status !== status || part.card.dataset.word !== word) {
    Object.assign(part.card.dataset, { status, word });
    part.tag.className = `tag ${status}`;
    part.tag.replaceChildren(icon(status, "", ""), word);
  }
  drawLesson(part.lesson, room);
  drawFigure(part, room);
  drawSpark(part.spark, room);
  const reason = room.reasons.find((one) => one.hot) ?? room.reasons[0];
  const second = room.reasons.find((one) => one !== reason && !reason.hot);
  const why = room.maintenance !== null ? room.maintenance || t("room.maintenance_hint") : [reason?.text, second?.text].filter(Boolean).join(" · ");
  put(part.why, why);
  setClass(part.why, "hot", room.maintenance === null && Boolean(reason?.hot));
  drawFacts(part, room);
  setClass(part.card, "hot", Boolean(room.hot));
  setClass(part.card, "mild", room.urgency > 0 && !room.hot && !room.stale);
  drawAge(part, room);
}

function drawAge(part, room) {
  put(part.age, room.newest === null ? t("wall.no_value") : age(room.newest));
  const lasted = room.since === null ? "" : span(now() - room.since);
  put(part.since, lasted && room.since_least ? t("wall.at_least", { t: lasted }) : lasted);
  setClass(part.card, "stale", isStale(room));
}

function drawLesson(place, room) {
  const { lesson, next } = room;
  const text = lesson ? [lesson.classes.join(", "), lesson.subject, lesson.teachers.join(", ")] : null;
  const coming = next ? `${t("wall.next", { t: clock(next.start) })} ` : "";
  const fingerprint = JSON.stringify([text, coming, next?.classes]);
  if (place.dataset.is === fingerprint) return;
  place.dataset.is = fingerprint;
  if (text) place.replaceChildren(h("b", {}, text[0]), text.slice(1).filter(Boolean).map((word) => ` · ${word}`).join(""));
  else place.replaceChildren(t("wall.no_lesson"), coming ? ` · ${coming}` : "", next ? h("b", {}, next.classes.join(", ")) : "");
}

const level = (value, limit) => (value > limit ? "over" : value > limit * NEAR_SHARE ? "near" : "");

// A figure that is no longer the present says so itself, however fresh the room's other figures are.
function drawFigure(part, room) {
  const co2 = room.values.co2_ppm;
  const shown = co2 ?? room.values.temperature_c;
  const old = Boolean(shown?.[2]) && !room.stale;
  const { slope } = room.forecast;
  const trend = slope === null || room.stale || !co2 || old ? null : slope >= MOVING ? ["↗", "up"] : slope <= -MOVING ? ["↘", "down"] : ["→", "flat"];
  const text = shown ? number(shown[0], co2 ? 0 : 1) : "–";
  const unit = co2 ? "ppm CO₂" : shown ? "°C" : t("wall.no_value");
  const since = old ? t("wall.old", { t: clock(shown[1]) }) : "";
  const fingerprint = `${text}${unit}${trend?.[0]}${since}`;
  part.figure.className = `figure ${old ? "old" : co2 && !room.stale ? level(co2[0], room.forecast.limit) : ""}`;
  if (part.figure.dataset.is === fingerprint) return;
  part.figure.dataset.is = fingerprint;
  part.figure.replaceChildren(text, " ", h("small", {}, unit, " ",
    trend ? h("span.trend", { title: t(`wall.trend_${trend[1]}`), "aria-label": t(`wall.trend_${trend[1]}`), role: "img" }, trend[0]) : "", old ? h("span.since-old", {}, since) : ""));
}

// All rooms share one scale from 400 ppm to a little above their limit, and one time axis of half an hour that ends
// now: heights can be compared, a silent sensor's line visibly ends, and what nobody measured is dotted.
function drawSpark(place, room) {
  const minute = Math.floor(now() / 60000);
  const silent = room.values.co2_ppm?.[2] ?? true;
  const fingerprint = `${minute}|${silent}|${room.spark.join()}`;
  if (place.dataset.is === fingerprint) return;
  place.dataset.is = fingerprint;
  const [first, ...values] = room.spark;
  const { limit } = room.forecast;
  const top = Math.max(limit * 1.1, ...values.filter((value) => value !== null));
  const x = (at) => 101 - ((minute - first - at) * 98) / SPARK_MIN;
  const y = (value) => 35 - (32 * Math.max(0, value - 400)) / (top - 400);
  const runs = [];
  values.forEach((value, at) => {
    if (value === null || minute - first - at > SPARK_MIN) return;
    if (!runs.length || values[at - 1] === null) runs.push([]);
    runs.at(-1).push(`${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
  });
  const last = values.at(-1);
  const ends = runs.at(-1)?.at(-1).split(" ");
  place.setAttribute("class", `spark ${silent ? "old" : level(last, limit)}`);
  place.replaceChildren(
    svg("path.limit", { d: `M0 ${y(limit).toFixed(1)}H104` }),
    runs.length && Number(runs[0][0].split(" ")[0]) > 8 ? svg("path.unmeasured", { d: `M3 36H${(Number(runs[0][0].split(" ")[0]) - 3).toFixed(1)}` }) : "",
    ...runs.flatMap((run) => [
      svg("path.area", { d: `M${run.join("L")}L${run.at(-1).split(" ")[0]} 37L${run[0].split(" ")[0]} 37Z` }),
      svg("path", { d: `M${run.join("L")}` }),
    ]),
    ends ? svg("circle", { cx: ends[0], cy: ends[1], r: silent ? 2 : 3, fill: "currentColor" }) : "");
}

function drawFacts(part, room) {
  for (const [place, key] of [[part.temperature, "temperature_c"], [part.humidity, "humidity_pct"]]) {
    const value = room.values[key];
    put(place, value ? measured(key, value[0]) : "–");
    setClass(place, "old", Boolean(value?.[2]) && !room.stale);
    place.title = value?.[2] ? t("wall.old", { t: clock(value[1]) }) : "";
  }
  const [estimate, , , expected] = room.people;
  const people = estimate === null ? t("wall.unknown_people") : `${estimate >= 1 ? "≈ " : ""}${number(estimate)}`;
  const of = expected !== null ? t("wall.of_people", { n: expected }) : estimate === null ? "" : t("wall.people");
  if (part.people.dataset.is !== people + of) {
    part.people.dataset.is = people + of;
    part.people.replaceChildren(people, " ", h("em", {}, of));
  }
  const wasted = room.waste.map(([what]) => what);
  const on = wasted.length ? wasted : room.values.display_on?.[0] === 1 ? ["display"] : [];
  const fingerprint = `${on}${wasted.length}`;
  if (part.running.dataset.is === fingerprint) return;
  part.running.dataset.is = fingerprint;
  part.running.replaceChildren(...on.map((what) => icon(what, `${t(`running.${what}`)}: ${t("value.on")}`, `icon ${wasted.length ? "wasted" : ""}`)));
}

/* What stands around the cards */

function drawPeriod() {
  const { now: running, next, planned } = live.items.get("period");
  const bar = $(".progress");
  if (running) {
    const share = Math.min(1, Math.max(0, (now() - running.start) / (running.end - running.start)));
    put($("#period-name"), `${running.name} · ${clock(running.start)} – ${clock(running.end)}`);
    put($("#period-left"), t("wall.left", { t: span(Math.max(0, running.end - now()) + 59999) }));
    bar.firstElementChild.style.transform = `scaleX(${share.toFixed(4)})`;
    bar.setAttribute("aria-valuenow", Math.round(share * 100));
    bar.setAttribute("aria-label", t("wall.progress", { n: Math.round(share * 100) }));
  } else {
    put($("#period-name"), inBreak(live) ? t("wall.break") : t(planned ? "wall.no_period" : "wall.no_plan"));
    put($("#period-left"), next ? t("wall.before_next", { name: next.name, t: clock(next.start) }) : "");
  }
  bar.hidden = !running;
}

function drawNotices() {
  const place = $("#notices");
  const { lines } = live.items.get("notices");
  const fingerprint = JSON.stringify(lines);
  if (place.dataset.is === fingerprint) return;
  place.dataset.is = fingerprint;
  place.replaceChildren(...lines.map(([severity, text, page]) => h(`div.banner.${severity}`, {}, h("span", {}, text),
    page ? h("a", { href: page.includes("?") ? page : page + place.dataset.query }, place.dataset.see) : null)));
}

function drawChips(rooms) {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  for (const room of rooms) counts[statusOf(room)] += 1;
  const place = $("#chips");
  if (!place.children.length) {
    place.append(...["", ...STATUSES].map((status) => {
      const label = status ? [h(`span.shape.${status}`, {}, icon(status, "", "")), t(`status.${status}`)] : t("status.all");
      return h("button.chip", { type: "button", "data-status": status, onclick: () => choose({ status }) }, label, h("b", {}, ""));
    }));
  }
  for (const chip of place.children) {
    const { status } = chip.dataset;
    const count = status ? counts[status] : rooms.length;
    put(chip.lastElementChild, String(count));
    chip.toggleAttribute("data-none", count === 0);
    chip.hidden = count === 0 && RARE.has(status) && choice.status !== status;
    chip.setAttribute("aria-pressed", String(choice.status === status));
  }
}

function choose(part) {
  Object.assign(choice, part);
  const query = new URLSearchParams(location.search);
  for (const key of ["status", "building"]) choice[key] ? query.set(key, choice[key]) : query.delete(key);
  choice.attention ? query.set("attention", "") : query.delete("attention");
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  arrange();
}

/** Which rooms stand where; called when rooms, statuses or the choice change, never for a mere value. */
function arrange() {
  const rooms = live.under("room/");
  drawChips(rooms);
  $("#attention").setAttribute("aria-pressed", String(choice.attention));
  const shown = rooms.filter((room) => (!choice.status || statusOf(room) === choice.status) && (!choice.building || room.building === choice.building));
  const sections = choice.attention ? byUrgency(shown) : byBuilding(shown);
  const plan = JSON.stringify(sections.map(([title, members]) => [title, members.map((room) => room.uid)]));
  const place = $("#rooms");
  if (place.dataset.is === plan) return;
  place.dataset.is = plan;
  const focused = document.activeElement?.dataset?.room;
  place.replaceChildren(...sections.map(([title, members]) => h("section", { "aria-label": title },
    h("div.building", {}, h("h2", {}, title), h("span", {}, t("wall.shown", { n: members.length }))),
    h("div.grid", {}, members.map((room) => cards.get(room.uid).card)))));
  if (!shown.length) place.append(h("div.panel.none", {}, h("p", {}, t("wall.none_match")),
    h("button.button.plain", { onclick: () => choose({ status: "", building: "" }) }, t("wall.show_all"))));
  place.classList.toggle("many", shown.length > 60);
  if (focused) cards.get(focused)?.card.focus({ preventScroll: true });
}

function byBuilding(rooms) {
  const names = live.items.get("buildings").names;
  const groups = new Map(Object.keys(names).map((id) => [id, []]));
  for (const room of rooms) (groups.get(room.building) ?? groups.set(room.building, []).get(room.building)).push(room);
  return [...groups].filter(([, members]) => members.length).map(([id, members]) => [names[id] ?? id, members.sort(byName)]);
}

function byUrgency(rooms) {
  const sorted = [...rooms].sort((a, b) => b.urgency - a.urgency || byName(a, b));
  const pick = (wanted) => sorted.filter((room) => room.urgency > 0 === wanted);
  return [[t("wall.needs"), pick(true)], [t("wall.rest"), pick(false)]].filter(([, members]) => members.length);
}

function changed(keys) {
  const all = keys === null;
  let moved = all;
  for (const key of all ? live.items.keys() : keys) {
    if (!key.startsWith("room/")) continue;
    const room = live.items.get(key);
    const uid = key.slice(5);
    if (!room) cards.delete(uid);
    else {
      if (!cards.has(uid)) cards.set(uid, newCard(room));
      const part = cards.get(uid);
      draw(part, room);
      const place = `${statusOf(room)}|${room.building}|${room.name}|${choice.attention ? room.urgency : ""}`;
      moved ||= part.place !== place;
      part.place = place;
    }
    moved ||= !room;
  }
  drawPeriod();
  drawNotices();
  drawBuildings();
  if (moved) arrange();
}

function drawBuildings() {
  const select = $("#building");
  const names = Object.entries(live.items.get("buildings").names);
  if (select.options.length === names.length + 1) return;
  select.append(...names.map(([id, name]) => h("option", { value: id }, name)));
  select.value = choice.building;
}

$("#building").addEventListener("change", (event) => choose({ building: event.target.value }));
$("#attention").addEventListener("click", () => choose({ attention: !choice.attention }));
changed(null);
everySecond(() => {
  drawPeriod();
  for (const [uid, part] of cards) {
    const room = live.items.get(`room/${uid}`);
    if (!room || part.behind) continue;
    drawAge(part, room);
    drawSpark(part.spark, room);
  }
});
