// One-day changes: a substitute, another room, off, one lesson more.

import { h } from "./dom.js";
import { ask, clearErrors, field, inWords, options, reasonOf, showError } from "./forms.js";
import { here, propose, registry, state } from "./school.js";
import { clock, longDate, start, t } from "./speech.js";

const KINDS = ["substitution", "room", "cancelled", "extra"];
const asked = new URLSearchParams(location.search);
const wanted = { lesson: asked.get("lesson") ?? "", day: (asked.get("lesson") ?? "").match(/@(\d{4}-\d\d-\d\d)T/)?.[1] };
const draft = { day: wanted.day ?? null, kind: "substitution" };

export function showChanges(place) {
  place.replaceChildren(form(), list());
}

function form() {
  draft.day ??= registry.today;
  const lesson = h("select", { name: "lesson" });
  const box = h("form.panel", { onsubmit: (event) => { event.preventDefault(); send(box); } });
  const parts = {
    lesson: h("div.wide", {}, field(t("school.lesson"), lesson)),
    times: [field(t("school.start"), h("input", { name: "start", type: "time" })), field(t("school.end"), h("input", { name: "end", type: "time" })),
      field(t("school.subject"), h("input", { name: "subject", maxlength: 100 })), field(t("school.class"), h("select", { name: "classes" }, ...options(registry.names.class, t("school.choose"))))],
    room: field(t("school.to_room"), h("select", { name: "rooms" }, ...options(registry.rooms.map((one) => [one.id, one.name]), t("school.choose")))),
    teacher: field(t("school.teacher"), h("select", { name: "teachers" }, ...options(registry.names.teacher, t("school.choose")))),
  };
  const follow = () => {
    const extra = draft.kind === "extra";
    parts.lesson.hidden = extra;
    for (const one of parts.times) one.hidden = !extra;
    parts.room.hidden = !["room", "extra"].includes(draft.kind);
    parts.teacher.hidden = !["substitution", "extra"].includes(draft.kind);
  };
  const kinds = h("fieldset.kinds.wide", {}, h("legend.sr", {}, t("school.what")), ...KINDS.map((kind) => h("button.chip", { type: "button", "aria-pressed": String(kind === draft.kind), "data-kind": kind, onclick: () => {
    draft.kind = kind;
    for (const one of kinds.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
    follow();
  } }, t(`school.kind_${kind}`))));
  const day = h("input", { name: "day", type: "date", value: draft.day, required: true, onchange: () => { draft.day = day.value; load(lesson); } });
  box.append(kinds, field(t("school.day"), day), parts.lesson, ...parts.times, parts.room, parts.teacher,
    field(t("school.note"), h("input", { name: "note", maxlength: 200 })), h("footer", {}, h("button.button", {}, t("school.preview"))));
  follow();
  load(lesson);
  return box;
}

async function load(select) {
  const found = await ask(`${here}/edits/lessons?day=${draft.day}`);
  const named = (one) => [`${clock(Date.parse(one.start))}–${clock(Date.parse(one.end))}`, one.classes.join(", "), one.subject, one.rooms.join(", "), one.teachers.join(", ")].filter(Boolean).join(" · ");
  const lessons = found.ok ? found.data.map((one) => [one.id, named(one)]) : [];
  select.replaceChildren(...options(lessons, found.ok ? t(lessons.length ? "school.choose" : "school.no_lessons") : reasonOf(found)));
  if (lessons.some(([id]) => id === wanted.lesson)) select.value = wanted.lesson;
}

async function send(form) {
  const given = new FormData(form);
  const one = (name) => (given.get(name) ? [given.get(name)] : []);
  const extra = draft.kind === "extra";
  const edit = { type: "change", day: given.get("day"), kind: draft.kind, note: given.get("note") };
  if (extra) Object.assign(edit, { start: given.get("start"), end: given.get("end"), subject: given.get("subject"), classes: one("classes") });
  else edit.lesson = given.get("lesson") ?? "";
  if (!extra && !edit.lesson) {
    clearErrors(form);
    showError(form, { data: { field: "lesson", detail: { [start.language]: t("school.choose_lesson") } } });
    return;
  }
  if (draft.kind === "room" || extra) edit.rooms = one("rooms");
  if (draft.kind === "substitution" || extra) edit.teachers = one("teachers");
  await propose(edit, form);
}

function list() {
  const { changes } = state.hand;
  if (!changes.length) return h("p.panel.dim", {}, t("school.none_changes"));
  return h("ul.panel.hand", {}, ...changes.map((one) => {
    const row = h("form", { onsubmit: (event) => event.preventDefault() });
    const button = h("button.button.plain", { type: "button", onclick: () => propose({ type: "no_change", id: one.id }, row) }, t("school.remove"));
    row.append(button);
    return h("li", {}, h("span.what", {}, h("b", {}, longDate(Date.parse(`${one.day}T12:00:00`))), inWords(one.words), one.note ? h("small", {}, one.note) : null), start.may_change ? row : "");
  }));
}
