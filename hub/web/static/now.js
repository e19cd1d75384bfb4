// A teacher's page: the lesson at hand, what its room needs, the rest of the day; live.

import { $, h, icon, put } from "./dom.js";
import { Live, everySecond } from "./live.js";
import { List } from "./list.js";
import { isSwitched, orderControls } from "./orders.js";
import { age, clock, measured, now, number, said, start, t, waiting } from "./speech.js";

const place = $("#mine");
const MARKS = { substitution: "timetable.substitution", room: "timetable.room_changed", extra: "timetable.extra", cancelled: "timetable.cancelled", taken: "now.taken" };
const OFF = new Set(["cancelled", "taken"]); // planned, and not to be taught today
const SWITCHED = new Set(["display_on", "switch_on", "muted", "input_source", "power_w"]); // what a switch changes
const switches = new List($("#switches"), (item) => {
  const controls = orderControls(item);
  const state = h("span.dim");
  const element = h("article.switched", {}, h("header", {}, h("b", {}, item.name), state), controls.element);
  return { element, draw: (one) => {
    put(state, said(Object.fromEntries(Object.entries(one.values).filter(([key]) => SWITCHED.has(key)))));
    controls.draw(one);
  } };
});
const live = new Live("now", draw, { teacher: place.dataset.teacher });
const day = () => live.items.get("day");
const lessonOf = (key) => day().lessons.find((one) => one.key === key);
const what = (one) => [one.classes.join(", "), one.subject].filter(Boolean).join(" · ") || t("timetable.lesson");

const brief = (one) => [clock(one.start), what(one), one.room_name ? `${t("timetable.side_room")} ${one.room_name}` : ""].filter(Boolean).join(" · ");

function drawLesson() {
  const { running, next, planned, lessons } = day();
  const one = lessonOf(running) ?? lessonOf(next);
  const box = $("#lesson");
  if (!one) {
    const { free, title, tomorrow } = day();
    const word = !planned ? "now.no_plan" : lessons.length ? "now.done" : free ? "now.no_school" : "now.free_day";
    box.replaceChildren(h("p.big", {}, t(word)), ...(title ? [h("span.where", {}, title)] : []), ...(tomorrow ? [h("span.dim", {}, `${t("now.tomorrow")}: ${brief(tomorrow)}`)] : []));
    return;
  }
  const then = running ? lessonOf(next) : null;
  const bar = running ? h("div.progress", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": what(one) }, h("i")) : null;
  box.replaceChildren(
    h("span.label", {}, t(running ? "now.running" : "now.next"), one.change ? h("span.mark", {}, t(MARKS[one.change])) : null),
    h("span.big", {}, what(one)),
    h("span.where", {}, one.room_name ? `${t("timetable.side_room")} ${one.room_name}` : ""),
    h("span.dim", { id: "left" }), ...(bar ? [bar] : []), ...(running ? [h("span.then", {}, h("b", {}, `${t("now.then")}: `), then ? brief(then) : t("now.then_none"))] : []));
  tick();
}

/** What a substitute takes today and is not over: whom it concerns must not have to look for it. */
function tellTaken() {
  const taken = day().lessons.filter((one) => one.change === "taken" && one.end > now());
  const told = taken.map((one) => t("now.taken_by", { lesson: `${clock(one.start)} · ${what(one)}`, who: one.by.join(", ") }));
  put($("#taken"), [...new Set(told)].join("\n")); // a lesson in two rooms is one
  $("#taken").hidden = !taken.length;
}

function tick() {
  const { running, next } = day();
  const one = lessonOf(running) ?? lessonOf(next);
  const left = $("#left");
  if (!one || !left) return;
  put(left, running ? t("now.until", { t: clock(one.end), n: waiting(Math.max(0, one.end - now())) }) : t("now.in", { t: clock(one.start), n: waiting(Math.max(0, one.start - now())) }));
  const bar = $("#lesson .progress i");
  if (!bar) return;
  const share = Math.min(1, Math.max(0, (now() - one.start) / (one.end - one.start)));
  bar.style.transform = `scaleX(${share})`;
  bar.parentElement.setAttribute("aria-valuenow", String(Math.round(share * 100)));
}

function drawToDo() {
  const list = live.items.get("todo").list;
  const shown = Boolean(live.items.get("room").uid);
  $("#todo-section").hidden = !shown;
  if (!shown) return;
  const items = list.map((one) => h(`li.${one.hot ? "bad" : "warn"}`, {}, h("b", {}, one.text), one.detail ? h("span", {}, one.detail) : null));
  $("#todo").replaceChildren(...(items.length ? items : [h("li.calm", {}, h("b", {}, t("now.all_well")))]));
}

function figure(key, room) {
  const value = room.values[key];
  if (!value) return null;
  const over = key === "co2_ppm" && value[0] > room.forecast.limit;
  return [t(`now.${key}`), measured(key, value[0]), value[2] ? "old" : over ? "over" : "", value[1]];
}

function drawRoom() {
  const room = live.items.get("room");
  $("#room-section").hidden = !room.uid;
  if (!room.uid) return;
  const people = room.people[0] === null ? null : [t("now.people"), `≈ ${number(room.people[0])}${room.people[3] === null ? "" : ` / ${room.people[3]}`}`, room.stale ? "old" : "", room.newest];
  const facts = [figure("co2_ppm", room), figure("temperature_c", room), people, figure("display_on", room)].filter(Boolean);
  const status = room.maintenance !== null ? "maintenance" : room.status;
  $("#room").replaceChildren(h("a.panel.room-now", { href: `/rooms/${room.uid}` },
    h("header", {}, h("b", {}, room.name), h(`span.tag.${status}`, {}, status === "maintenance" ? null : icon(status), t(`status.${status}`))),
    h("dl", {}, ...facts.map(([word, value, tone, measuredAt]) => h("div", {}, h("dt", {}, word), h(tone ? `dd.${tone}` : "dd", {}, value, h("small", { "data-at": measuredAt }))))),
    room.reasons.length ? h("ul", {}, ...room.reasons.map((one) => h(one.hot ? "li.hot" : "li", {}, one.text))) : null));
  tellAges();
}

/** Every figure says how old it is. */
function tellAges() {
  for (const one of document.querySelectorAll("#room [data-at]")) put(one, age(Number(one.dataset.at)));
}

function drawSwitches() {
  const devices = live.under("device/").filter(isSwitched);
  $("#switch-section").hidden = !devices.length;
  switches.show(devices.map((one) => [one.id, one]));
}

function drawDay() {
  const { lessons, running, next } = day();
  const changed = lessons.filter((one) => one.change).length;
  put($("#day-changes"), changed ? t("timetable.changes", { n: changed }) : "");
  const rows = lessons.map((one) => h(`li${one.end <= now() ? ".over" : ""}${one.key === (running ?? next) ? ".at-hand" : ""}${OFF.has(one.change) ? ".off" : ""}`, {},
    h("time", {}, `${clock(one.start)}–${clock(one.end)}`), h("span", {}, h("span.name", {}, what(one)), one.change ? h("span.mark", {}, t(MARKS[one.change], { who: one.by.join(", ") })) : null), one.room ? h("a", { href: `/rooms/${start.school}.${one.room}` }, one.room_name) : ""));
  $("#day").replaceChildren(...(rows.length ? rows : [h("li.none", {}, t(day().free ? "now.no_school" : "now.free_day"))]));
}

function draw(keys = null) {
  const some = (...wanted) => keys === null || wanted.some((key) => keys.includes(key));
  if (some("day")) drawLesson();
  if (some("day")) drawDay();
  if (some("todo", "room")) drawToDo();
  if (keys === null || keys.some((key) => key.startsWith("device/"))) drawSwitches();
  if (some("room")) drawRoom();
}

draw();
tellTaken();
everySecond(() => {
  tick();
  tellTaken();
  tellAges();
});
