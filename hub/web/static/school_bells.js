// Bell schedules: several, each with its periods.

import { h } from "./dom.js";
import { field, propose, state } from "./school.js";
import { t } from "./speech.js";

export function showBells(place) {
  const known = state.hand.schedules;
  const shown = known.some((one) => one.schedule === "") ? known : [{ schedule: "", bells: [] }, ...known];
  place.replaceChildren(h("p.dim", {}, t("school.bells_hint")), ...shown.map((one) => schedule(one, known.includes(one))), schedule({ schedule: null, bells: [] }, false));
}

function schedule(one, exists) {
  const box = h("form.panel", { onsubmit: (event) => { event.preventDefault(); send(box, one); } });
  const title = one.schedule === null ? t("school.new_schedule") : one.schedule === "" ? `${t("school.bell_schedule")}: ${t("school.usual")}` : `${t("school.bell_schedule")}: ${one.schedule}`;
  const rows = h("div.wide.part");
  const renumber = () => [...rows.children].forEach((row, place) => { for (const input of row.querySelectorAll("input")) input.name = `bells.${place}.${input.dataset.part}`; });
  const add = (bell) => {
    const input = (part, attributes) => h("input", { "data-part": part, ...attributes });
    const row = h("div.bell-row", {}, field(t("school.number"), input("number", { value: bell.number, maxlength: 20, required: true })), h("div.name", {}, field(t("school.name"), input("name", { value: bell.name, maxlength: 60 }))),
      field(t("school.start"), input("start", { type: "time", value: bell.start, required: true })), field(t("school.end"), input("end", { type: "time", value: bell.end, required: true })),
      h("button.quiet", { type: "button", "aria-label": `${t("school.remove")} ${bell.number}`, onclick: () => { row.remove(); renumber(); } }, "✕"));
    rows.append(row);
    renumber();
  };
  for (const bell of one.bells) add(bell);
  const more = h("button.button.plain", { type: "button", onclick: () => { add({ number: String(rows.children.length + 1), name: "", start: "", end: "" }); rows.lastElementChild.querySelector("input").focus(); } }, t("school.add_bell"));
  const drop = exists ? h("button.button.plain", { type: "button", onclick: () => propose({ type: "bells", schedule: one.schedule, bells: [] }, box) }, t("school.remove")) : "";
  box.append(h("h3.wide", {}, title), ...(one.schedule === null ? [field(t("school.schedule_name"), h("input", { name: "schedule", maxlength: 60, required: true }))] : []), rows, h("footer", {}, more, h("button.button", {}, t("school.preview")), drop));
  return box;
}

async function send(form, one) {
  const bells = [...form.querySelectorAll(".bell-row")].map((row) => Object.fromEntries([...row.querySelectorAll("input")].map((input) => [input.dataset.part, input.value])));
  if (!bells.length) return;
  await propose({ type: "bells", schedule: one.schedule ?? form.elements.schedule.value.trim(), bells }, form);
}
