// Bell schedules: what rings now and since when, changed by hand, and back to the imported times.

import { h } from "./dom.js";
import { field } from "./forms.js";
import { propose, state } from "./school.js";
import { age, start, t } from "./speech.js";

export function showBells(place) {
  const known = state.hand.bells;
  const shown = known.some((one) => one.schedule === "") ? known : [{ schedule: "", by_hand: false, bells: [], imported: null }, ...known];
  place.replaceChildren(h("p.dim", {}, t(known.length ? "school.bells_hint" : "school.bells_none")), ...shown.map(schedule), ...(start.may_change ? [schedule({ schedule: null, bells: [] })] : []));
}

function whence(one) {
  const at = one.at ? age(Date.parse(one.at)) : "";
  if (one.by_hand) return t("school.bells_by_hand", { age: at });
  if (!one.bells.length) return t("school.bells_not_school");
  return t(one.source ? "school.bells_of_source" : "school.bells_of_file", { source: one.source, file: one.file, age: at });
}

function schedule(one) {
  const box = h("form.panel", { onsubmit: (event) => { event.preventDefault(); send(box, one); } });
  const title = one.schedule === null ? t("school.new_schedule") : `${t("school.bell_schedule")}: ${one.schedule || t("school.usual")}`;
  const rows = h("div.wide.part.bell-rows");
  const renumber = () => [...rows.children].forEach((row, place) => { for (const input of row.querySelectorAll("input")) input.name = `bells.${place}.${input.dataset.part}`; });
  const add = (bell) => {
    const input = (part, attributes) => h("input", { "data-part": part, disabled: !start.may_change, ...attributes });
    const row = h("div.bell-row", {}, field(t("school.number"), input("number", { value: bell.number, maxlength: 20, required: true })), h("div.name", {}, field(t("school.name"), input("name", { value: bell.name, maxlength: 60 }))),
      h("div.from", {}, field(t("school.start"), input("start", { type: "time", value: bell.start, required: true }))), h("div.to", {}, field(t("school.end"), input("end", { type: "time", value: bell.end, required: true }))),
      !start.may_change ? null : h("button.quiet", { type: "button", "aria-label": `${t("school.remove")} ${bell.number}`, onclick: () => { row.remove(); renumber(); } }, "✕"));
    rows.append(row);
    renumber();
  };
  for (const bell of one.bells) add(bell);
  const more = h("button.button.plain", { type: "button", onclick: () => { add({ number: String(rows.children.length + 1), name: "", start: "", end: "" }); rows.lastElementChild.querySelector("input").focus(); } }, t("school.add_bell"));
  const drop = one.by_hand ? h("button.button.plain", { type: "button", onclick: () => propose({ type: "bells", schedule: one.schedule, bells: [] }, box) }, t(one.imported ? "school.bells_back" : "school.remove")) : "";
  box.append(h("h3.wide.bell-title", {}, title, one.schedule === null ? "" : h("small.dim", {}, whence(one))), ...(one.schedule === null ? [field(t("school.schedule_name"), h("input", { name: "schedule", maxlength: 60, required: true }))] : []), rows,
    ...(start.may_change ? [h("footer", {}, more, h("button.button", {}, t("school.preview")), drop)] : []));
  return box;
}

async function send(form, one) {
  const bells = [...form.querySelectorAll(".bell-row")].map((row) => Object.fromEntries([...row.querySelectorAll("input")].map((input) => [input.dataset.part, input.value])));
  if (!bells.length) return;
  await propose({ type: "bells", schedule: one.schedule ?? form.elements.schedule.value.trim(), bells }, form);
}
