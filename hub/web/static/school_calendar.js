// Days that are no ordinary days of their week.

import { h } from "./dom.js";
import { field, options } from "./forms.js";
import { propose, registry, state } from "./school.js";
import { longDate, start, t } from "./speech.js";

const KINDS = ["holiday", "half", "moved", "week", "other_bells"];
const draft = { kind: "holiday" };
const noon = (date) => Date.parse(`${date}T12:00:00`);
const weekday = (index) => longDate(noon(`2024-01-0${index + 1}`)).split(",")[0]; // the first of January 2024 was a Monday

export function showCalendar(place) {
  place.replaceChildren(form(), list());
}

function form() {
  const box = h("form.panel", { onsubmit: (event) => { event.preventDefault(); send(box); } });
  const schedules = [...new Set(state.hand.schedules.map((one) => one.schedule).filter(Boolean))];
  const parts = {
    half: field(t("school.until"), h("input", { name: "until", type: "time", value: "11:30" })),
    moved: field(t("school.as_weekday"), h("select", { name: "weekday" }, ...options([0, 1, 2, 3, 4, 5, 6].map((one) => [one, weekday(one)])))),
    week: field(t("school.week"), h("select", { name: "week" }, ...options([[0, "A"], [1, "B"]]))),
    other_bells: field(t("school.bell_schedule"), h("select", { name: "bells" }, ...options(schedules.map((one) => [one, one]), t("school.choose")))),
  };
  const follow = () => { for (const [kind, part] of Object.entries(parts)) part.hidden = kind !== draft.kind; };
  const kind = h("select", { name: "kind", onchange: () => { draft.kind = kind.value; follow(); } }, ...options(KINDS.map((one) => [one, t(`school.${one}`)])));
  kind.value = draft.kind;
  box.append(field(t("school.day"), h("input", { name: "day", type: "date", value: registry.today, required: true })), field(t("school.day_kind"), kind), ...Object.values(parts),
    field(t("school.day_title"), h("input", { name: "title", maxlength: 100 })), h("footer", {}, h("button.button", {}, t("school.preview"))));
  follow();
  return box;
}

async function send(form) {
  const given = new FormData(form);
  const edit = { type: "day", day: given.get("day"), kind: draft.kind === "holiday" ? "holiday" : "teaching", title: given.get("title") };
  if (draft.kind === "half") edit.until = given.get("until");
  if (draft.kind === "moved") edit.weekday = Number(given.get("weekday"));
  if (draft.kind === "week") edit.week = Number(given.get("week"));
  if (draft.kind === "other_bells") edit.bells = given.get("bells");
  await propose(edit, form);
}

function said(one) {
  const parts = [];
  if (one.kind === "holiday") parts.push(t("school.holiday"));
  if (one.until) parts.push(`${t("school.until")} ${one.until}`);
  if (one.weekday !== null) parts.push(`${t("school.as_weekday")} ${weekday(one.weekday)}`);
  if (one.week !== null) parts.push(t("timetable.letter", { x: String.fromCharCode(65 + one.week) }));
  if (one.bells) parts.push(`${t("school.bell_schedule")}: ${one.bells}`);
  return parts.join(" · ");
}

function list() {
  const { days } = state.hand;
  if (!days.length) return h("p.panel.dim", {}, t("school.none_days"));
  return h("ul.panel.hand", {}, ...days.map((one) => {
    const row = h("form", { onsubmit: (event) => event.preventDefault() });
    row.append(h("button.button.plain", { type: "button", onclick: () => propose({ type: "ordinary_day", day: one.day }, row) }, t("school.remove")));
    return h("li", {}, h("span.what", {}, h("b", {}, longDate(noon(one.day))), said(one), one.title ? h("small", {}, one.title) : null), start.may_change ? row : "");
  }));
}
