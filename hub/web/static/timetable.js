// The week of a room, a class or a teacher: the plan, and over it what really happened.

import { LEAST_PX, at, folding, lanes, minute, placed } from "./day_places.js";
import { $, h, icon, put } from "./dom.js";
import { Live, everySecond } from "./live.js";
import { Picker } from "./picker.js";
import { age, clock, day as dayName, longDate, measured, moment, now, number, span, start, t, zoneOffset } from "./speech.js";

const PENDING_MS = 30000; // while a lesson waits to be worked out
const REFRESH_MS = 300000; // what was worked out may be corrected
const SHORT_PX = 60; // below it a card says all in one line, below the next it leaves its figures to the detail
const TIGHT_PX = 88;
const MIN_MS = 60000;
const MARKS = { substitution: "timetable.substitution", room: "timetable.room_changed", extra: "timetable.extra" };
const LOOKS = { held: "held", running: "running", pending: "pending", planned: "planned", empty: "empty-room", elsewhere: "elsewhere", unknown: "unknown-use", cancelled: "cancelled" };
const SHAPES = { held: "in_lesson", running: "in_lesson", empty: "lesson_but_empty", elsewhere: "occupied_unscheduled", unknown: "unknown", use: "occupied_unscheduled", pending: "idle" };

let week = JSON.parse($("#week-data").textContent);
const query = new URLSearchParams(location.search);
let chosenDay = null;
let live = null;
let folded = null; // minutes to pixels, as drawn

const names = (list) => list.map((one) => one.name).join(", ");
const address = (changes) => {
  const next = new URLSearchParams({ school: start.school });
  if (week) next.set(week.side, week.id);
  for (const key of ["week", "known"]) if (query.get(key)) next.set(key, query.get(key));
  for (const [key, value] of Object.entries(changes)) value === null ? next.delete(key) : next.set(key, value);
  return `?${next}`;
};

// ---- words ----

function outcomeWords(one) {
  if (one.outcome === "held" && one.late_min && one.early_min) return t("timetable.late_early", { a: one.late_min, b: one.early_min });
  if (one.outcome === "held" && one.late_min) return t("timetable.late", { n: one.late_min });
  if (one.outcome === "held" && one.early_min) return t("timetable.early", { n: one.early_min });
  if (one.outcome === "elsewhere") return t("timetable.elsewhere", { room: one.elsewhere?.name ?? "" });
  return one.outcome === "planned" ? "" : t(`timetable.${one.outcome}`);
}

const estimate = (people) => (people.estimate === null ? null : number(people.estimate));
/** On a card the interval alone: a single number above the roster would look like a count gone wrong. */
function between(people) {
  const [low, high] = [number(people.low), number(people.high)];
  return people.estimate === null || people.low === null || people.high === null || low === high ? estimate(people) : `${low}–${high}`;
}
const range = (people) => (people.low === null || people.high === null ? "" : ` (${number(people.low)}–${number(people.high)})`);

function figures(one) {
  const found = [];
  const people = between(one.people);
  if (people !== null) found.push(h("span", {}, one.people.expected === null ? t("timetable.people", { n: people }) : t("timetable.people_of", { n: people, m: one.people.expected })));
  const co2 = one.co2_peak_ppm ?? one.co2_now ?? null;
  if (co2 !== null) found.push(h(`span${co2 > one.co2_limit_ppm ? ".over" : ""}`, {}, measured("co2_ppm", co2)));
  return found.flatMap((part, place) => (place ? [" · ", part] : [part]));
}

function marks(one) {
  const found = [];
  if (MARKS[one.change]) found.push(h("span.mark", {}, t(MARKS[one.change])));
  if (one.difference) found.push(h(`span.mark.${one.difference}`, {}, t(`timetable.${one.difference}`)));
  return found;
}

// ---- drawing ----

const byWhom = (one) => {
  const parts = [];
  if (week.side !== "class") parts.push(names(one.classes));
  if (week.side !== "room" && one.room) parts.push(one.room.name);
  if (week.side !== "teacher") parts.push(names(one.teachers));
  return parts.filter(Boolean).join(" · ");
};

function lessonCard(one) {
  const uneven = one.outcome === "held" && (one.late_min || one.early_min) ? ".uneven" : "";
  const words = outcomeWords(one);
  const numbers = figures(one);
  const card = h(`button.slot.${LOOKS[one.outcome]}${uneven}${one.difference ? `.${one.difference}` : ""}`, { type: "button", onclick: () => detail(one), title: one.note || null },
    h("span.when", {}, clock(at(one.start)), h("span.until", {}, `–${clock(at(one.end))}`, ...marks(one))),
    h("span.what", {}, one.subject || t("timetable.lesson")),
    h("span.who", {}, byWhom(one)),
    words ? h("span.said", {}, SHAPES[one.outcome] ? icon(SHAPES[one.outcome]) : null, h("span", {}, words)) : null,
    numbers.length ? h("span.figures", {}, ...numbers) : null);
  return card;
}

function useCard(use) {
  const people = use.people === null ? [] : [h("span.figures", {}, t("timetable.people", { n: number(use.people) }))];
  return h("div.slot.use", {}, h("span.when", {}, `${clock(at(use.start))}–${clock(at(use.end))}`), h("span.said", {}, icon("occupied_unscheduled"), h("span", {}, t("timetable.use"))), ...people);
}

/** One line; the rest stays for the pointer and for who listens. */
function shorten(card) {
  card.classList.add("short");
  card.title = [...card.children].map((part) => part.textContent).concat(card.title).filter(Boolean).join(" · ");
}

/** "Phòng ngừng dùng từ 24/11"; "" where the room stands that day. */
function outOfUse({ date, out_since: since }) {
  if (!since) return "";
  const [year, month, day] = since.split("-");
  return t("timetable.out_of_use", { d: date.startsWith(year) ? `${day}/${month}` : `${day}/${month}/${year}` });
}

function dayColumn(one, fold) {
  const today = one.date === week.today;
  const items = lanes([
    ...one.lessons.map((each) => ({ ...placed(one, each), make: () => lessonCard(each) })),
    ...one.uses.map((each) => ({ ...placed(one, each), make: () => useCard(each) })),
  ]);
  const lane = h("div.lane");
  lane.style.height = `${Math.max(fold.height, 96)}px`;
  if (today && fold.blocks.length) lane.append(h("i.now-line", { "aria-hidden": "true" }));
  for (const item of items) {
    const card = item.make();
    const top = fold.place(item.from);
    const height = Math.max(fold.place(item.until) - top - 2, LEAST_PX);
    card.style.top = `${top + 1}px`;
    card.style.height = `${height}px`;
    if (height < SHORT_PX) shorten(card);
    else if (height < TIGHT_PX) card.classList.add("tight");
    card.style.left = `${(item.lane / item.of) * 100}%`;
    card.style.width = `${100 / item.of}%`;
    lane.append(card);
  }
  if (!items.length) lane.append(h("p.free-note", {}, outOfUse(one) || one.title || t(one.free ? "timetable.free_day" : "timetable.no_lesson")));
  const said = [items.length ? outOfUse(one) : "", one.title, one.changed ? t("timetable.changes", { n: one.changed }) : ""].filter(Boolean).join(" · ");
  return h(`section.day${today ? ".today" : ""}${one.free ? ".free" : ""}${one.date === chosenDay ? ".shown" : ""}`, { id: `day-${one.date}`, "aria-label": longDate(at(one.midnight)) },
    h("header", {}, h("b", {}, dayName(at(one.midnight))), h("small", {}, said || "\u00a0")), lane);
}

function hours(days, fold) {
  const first = days[0];
  const column = h("div.plan-hours", { "aria-hidden": "true" });
  for (const block of fold.blocks) {
    for (let min = Math.ceil(block.from / 60) * 60; min <= block.to; min += 60) {
      const label = h("span", {}, clock(at(first.midnight) + min * MIN_MS));
      label.style.top = `${fold.place(min)}px`;
      column.append(label);
    }
  }
  if (days.some((one) => one.date === week.today)) column.append(h("b.now-time", { hidden: true }));
  return column;
}

/** The line of now in today's column, its time beside the hours; none before the first and after the last minute. */
function moveNow() {
  const today = week?.days.find((one) => one.date === week.today);
  const line = $(".now-line");
  const pill = $(".now-time");
  if (!today || !line || !pill) return;
  const min = minute(today, new Date(now()).toISOString());
  const shown = min >= folded.blocks[0].from && min <= folded.blocks.at(-1).to;
  for (const mark of [line, pill]) {
    mark.hidden = !shown;
    mark.style.top = `${folded.place(min)}px`;
  }
  put(pill, clock(now()));
}

function shownDays() {
  const busy = week.days.map((one) => one.lessons.length + one.uses.length > 0 || one.title !== "" || one.date === week.today);
  return week.days.filter((one, place) => place < 5 || busy[place]);
}

function draw() {
  put($("#whose"), `${t(`timetable.side_${week.side}`)} ${week.name}`);
  const first = week.days[0];
  put($("#week-name"), [t("timetable.week", { n: Number(week.week.slice(-2)), a: dayName(at(first.midnight)), b: dayName(at(week.days.at(-1).midnight)) }), week.letter ? t("timetable.letter", { x: week.letter }) : ""].filter(Boolean).join(" · "));
  document.title = `${$("#whose").textContent} · ClassHub`;
  $("#week-before").href = address({ week: week.before });
  $("#week-after").href = address({ week: week.after });
  $("#week-now").href = address({ week: null });
  $("#week-now").toggleAttribute("aria-current", week.days.some((one) => one.date === week.today));
  drawKnown();
  const days = shownDays();
  chosenDay ??= days.find((one) => one.date === week.today)?.date ?? days.find((one) => one.lessons.length)?.date ?? days[0].date;
  drawTabs(days);
  const nothing = !week.days.some((one) => one.lessons.length || one.uses.length || one.title);
  if (nothing) {
    $("#plan").replaceChildren(h("div.panel.nothing", {}, h("p", {}, outOfUse(week.days.at(-1)) || t(week.planned ? "timetable.empty_week" : "timetable.no_plan")), week.planned ? null : h("a.button", { href: `/imports?school=${start.school}` }, t("timetable.to_import"))));
  } else {
    const fold = folded = folding(days);
    const label = h("div.plan-corner");
    const grid = h("div.plan-grid", {}, h("div.plan-times", {}, label, hours(days, fold)), ...days.map((one) => dayColumn(one, fold)));
    label.style.height = "57px";
    if (matchMedia("(min-width: 761px)").matches || matchMedia("print").matches) grid.style.gridTemplateColumns = `44px repeat(${days.length}, minmax(0, 1fr))`;
    $("#plan").replaceChildren(grid);
    moveNow();
  }
  drawLegend();
  put($("#plan-note"), week.store_down ? t("timetable.store_down") : nothing ? "" : t("timetable.note", { n: 10 }));
}

function drawKnown() {
  $("#then-banner").hidden = !week.known;
  if (!week.known) return;
  put($("#then-banner span"), t("timetable.as_known", { t: moment(at(week.known)) }));
  $("#back-to-now").href = address({ known: null });
}

function drawTabs(days) {
  $("#tabs").replaceChildren(...days.map((one) => {
    const weekday = dayName(at(one.midnight)).split(",")[0].replace("Thứ ", "T");
    const chosen = one.date === chosenDay;
    return h("button", { type: "button", role: "tab", "aria-selected": String(chosen), "aria-controls": `day-${one.date}`, tabindex: chosen ? 0 : -1, "data-today": one.date === week.today, "data-date": one.date, onclick: () => choose(one.date) },
      h("span", {}, weekday), h("b", {}, one.date.slice(-2)));
  }));
}

function choose(date, focus = false) {
  chosenDay = date;
  for (const section of document.querySelectorAll(".day")) section.classList.toggle("shown", section.id === `day-${date}`);
  for (const tab of document.querySelectorAll("#tabs button")) {
    const chosen = tab.dataset.date === date;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "center" });
    if (chosen && focus) tab.focus();
  }
}

function step(by, focus = false) {
  const days = shownDays().map((one) => one.date);
  const next = days[days.indexOf(chosenDay) + by];
  if (next) choose(next, focus);
  else if (!focus) location.search = address({ week: by > 0 ? week.after : week.before });
}

function drawLegend() {
  const kinds = [["held", "timetable.held"], ["uneven", "timetable.uneven"], ["empty-room", "timetable.empty"], ["elsewhere", "timetable.elsewhere_short"], ["use", "timetable.use"], ["unknown-use", "timetable.unknown"], ["running", "timetable.running"]];
  const present = kinds.filter(([look]) => $(`.slot.${look}`));
  $("#legend").replaceChildren(...present.map(([look, word]) => h("div", {}, h(`i.${look}`, { "aria-hidden": "true" }), h("dd", {}, t(word)))));
}

// ---- one lesson ----

function detailRows(one) {
  const rows = [["timetable.when", `${longDate(at(one.start))}, ${clock(at(one.start))}–${clock(at(one.end))} · ${one.period}`]];
  if (one.room) rows.push(["timetable.side_room", one.room.name]);
  if (one.classes.length) rows.push(["timetable.side_class", names(one.classes)]);
  if (one.teachers.length) rows.push(["timetable.side_teacher", names(one.teachers)]);
  if (one.note) rows.push(["timetable.reason", one.note]);
  if (one.began) rows.push(["timetable.really", `${clock(at(one.began))}–${one.ended ? clock(at(one.ended)) : "…"}`]);
  if (one.people.estimate !== null) rows.push(["timetable.people_title", `${estimate(one.people)}${range(one.people)}`]);
  if (one.people.expected !== null) rows.push(["timetable.expected", number(one.people.expected)]);
  if (one.co2_peak_ppm !== null) rows.push(["timetable.co2_peak", `${measured("co2_ppm", one.co2_peak_ppm)} · ${t("timetable.limit", { n: number(one.co2_limit_ppm) })}`]);
  if (one.minutes_over) rows.push(["timetable.over", span(one.minutes_over * MIN_MS)]);
  if (one.coverage !== null) rows.push(["timetable.coverage", `${number(one.coverage * 100)} %`]);
  return rows;
}

function detail(one) {
  put($("#detail-title"), one.subject || t("timetable.lesson"));
  const words = outcomeWords(one);
  const links = [];
  if (one.room) links.push(h("a.chip", { href: `/rooms/${start.school}.${one.room.id}` }, t("timetable.to_room")));
  for (const other of one.classes.slice(0, 2)) if (week.side !== "class" && other.id) links.push(h("a.chip", { href: address({ [week.side]: null, class: other.id }) }, other.name));
  for (const other of one.teachers.slice(0, 2)) if (week.side !== "teacher" && other.id) links.push(h("a.chip", { href: address({ [week.side]: null, teacher: other.id }) }, other.name));
  if (start.may_change && at(one.end) > now() && !week.known && one.outcome !== "cancelled") links.push(h("a.chip", { href: `/school?school=${start.school}&lesson=${encodeURIComponent(one.id)}&room=${one.room?.id ?? ""}#changes` }, t("timetable.change")));
  $("#detail-body").replaceChildren(
    words ? h(`span.tag.${one.outcome === "held" && !one.late_min && !one.early_min ? "ok" : one.outcome === "running" ? "info" : one.outcome === "unknown" || one.outcome === "pending" || one.outcome === "cancelled" ? "off" : "warn"}`, {}, words) : "",
    h("dl", {}, ...detailRows(one).flatMap(([word, value]) => [h("dt", {}, t(word)), h("dd", {}, value)])),
    h("div.links", {}, ...links));
  $("#detail").showModal();
}

// ---- staying up to date ----

let asking = false;
let askAgain = false;

async function refresh() {
  if (!live || document.hidden) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  askAgain = false;
  const asked = new URLSearchParams({ school: start.school, [week.side]: week.id, week: week.week });
  try {
    const answer = await fetch(`/api/v1/timetable?${asked}`);
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    week = await answer.json();
    $("#trouble").hidden = true;
    takeFigures();
    if (!$("#detail").open) draw();
  } catch {
    put($("#trouble"), t("timetable.stale", { t: clock(at(week.now)) }));
    $("#trouble").hidden = false;
  }
  asking = false;
  if (askAgain) setTimeout(refresh, 2000);
}

/** What the hub says of the lessons that run, into the week. */
function takeFigures() {
  const running = live.items;
  for (const one of week.days.find((each) => each.date === week.today)?.lessons ?? []) {
    const figures_ = running.get(`running/${one.room?.id ?? ""}/${one.id}`)?.is;
    if (!figures_ || one.outcome !== "running") continue;
    const [estimate_, low, high, expected, co2] = figures_;
    one.people = { estimate: estimate_, low, high, expected };
    one.co2_now = co2;
  }
}

/** A lesson began or was worked out, the plan changed: the week is asked for; else only figures moved. */
function followed(keys) {
  if (keys === null || keys.includes("stand")) refresh();
  else {
    takeFigures();
    if (!$("#detail").open) draw();
  }
}

function tellAge() {
  if (!week) return;
  const said_ = Math.max(at(week.now), live && !live.lost ? now() - (Date.now() - live.heard) : 0);
  put($("#fresh"), live ? t(live.lost ? "timetable.cut" : "timetable.live", { age: age(said_) }) : t("timetable.as_of", { t: moment(at(week.now)) }));
  $("#fresh").classList.toggle("alive", Boolean(live) && !live.lost);
}

function prepareKnown() {
  const form = $("#then-form");
  const offset = zoneOffset(now());
  form.elements.known.max = new Date(now() + offset * MIN_MS).toISOString().slice(0, 16);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = form.elements.known.value;
    if (!value || value > form.elements.known.max) {
      put($("#known-error"), t("timetable.known_future"));
      $("#known-error").hidden = false;
      form.elements.known.setAttribute("aria-invalid", "true");
      return;
    }
    location.search = address({ known: value });
  });
}

function prepareSwipe() {
  let from = null;
  const plan = $("#plan");
  plan.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? [event.touches[0].clientX, event.touches[0].clientY] : null; }, { passive: true });
  plan.addEventListener("touchend", (event) => {
    if (!from || matchMedia("(min-width: 761px)").matches || plan.classList.contains("whole")) return;
    const [dx, dy] = [event.changedTouches[0].clientX - from[0], event.changedTouches[0].clientY - from[1]];
    if (Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  }, { passive: true });
  $("#tabs").addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1, true);
    else if (event.key === "ArrowLeft") step(-1, true);
  });
}

new Picker(JSON.parse($("#directory-data").textContent), week, address);
prepareKnown();
prepareSwipe();
$("#whole-week").addEventListener("click", () => {
  const whole = $("#plan").classList.toggle("whole");
  $("#whole-week").setAttribute("aria-pressed", String(whole));
  $("#tabs").hidden = whole;
});
$("#print").addEventListener("click", () => print());
matchMedia("(min-width: 761px)").addEventListener("change", () => week && draw());
if (week) draw();
else $("#plan").replaceChildren(h("div.panel.nothing", {}, h("p", {}, t("timetable.no_plan")), h("a.button", { href: `/imports?school=${start.school}` }, t("timetable.to_import"))));
const first = JSON.parse($("#board").textContent);
live = first && week ? new Live("week", followed, { [week.side]: week.id }) : null;
if (live) {
  takeFigures();
  draw();
}
everySecond(() => {
  tellAge();
  moveNow();
});
setInterval(refresh, REFRESH_MS);
setInterval(() => week?.days.some((one) => one.date === week.today && one.lessons.some((each) => each.outcome === "pending")) && refresh(), PENDING_MS);
document.addEventListener("visibilitychange", refresh);
