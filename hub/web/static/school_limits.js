// The limits lessons are held against.

import { h } from "./dom.js";
import { ask, clearErrors, field, inWords, showError } from "./forms.js";
import { here } from "./school.js";
import { toast } from "./send.js";
import { number, start, t } from "./speech.js";

export async function showLimits(place) {
  const found = await ask(`${here}/thresholds`);
  if (!found.ok) {
    place.replaceChildren(h("p.panel.dim", {}, t("school.no_limits")));
    return;
  }
  place.replaceChildren(h("p.dim", {}, t("school.limits_hint")), form(place, found.data));
}

function form(place, limits) {
  const box = h("form.panel", { onsubmit: (event) => { event.preventDefault(); save(place, box); } });
  box.append(...limits.map((one) => field(t(`school.limit_${one.name}`), h("input", { name: one.name, type: "number", step: "any", min: one.low, max: one.high, value: one.value, required: true }), `${t("school.usual_value", { n: number(one.usual) })} · ${inWords(one.source)}`)),
    start.may_change ? h("footer", {}, h("button.button", {}, t("school.save"))) : "");
  return box;
}

async function save(place, form) {
  clearErrors(form);
  const body = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, Number(value)]));
  const done = await ask(`${here}/thresholds`, body, "PUT");
  if (!done.ok) return showError(form, done);
  toast(t("school.saved"));
  return showLimits(place);
}
