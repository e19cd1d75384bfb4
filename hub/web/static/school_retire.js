// Rooms and buildings over time: what they were called when, out of use from a day on, and in use again.

import { h } from "./dom.js";
import { ask, field, inWords } from "./forms.js";
import { registry } from "./school.js";
import { longDate, start, t } from "./speech.js";

const SINCE_EVER = "0001-01-01";
const dayOf = (iso) => longDate(Date.parse(`${iso}T12:00:00Z`)); // noon in Greenwich is that day in every zone with schools

/** The day after today, in the school's zone. */
function tomorrow() {
  const day = new Date(`${registry.today}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}

/** What it was called on which days; nothing where that never changed. */
export function namesOverTime(place) {
  if (place.spells.length < 2) return "";
  const line = ({ first, name, aliases, retired }) => h("li", {}, h("span.dim", {}, first === SINCE_EVER ? t("school.since_ever") : t("school.from_day", { day: dayOf(first) })), " ",
    retired === null ? [...new Set([name, ...(aliases ?? [])])].join(", ") : retired === "" ? t("school.not_yet") : t("school.out_of_use", { reason: retired }));
  return h("div.wide.spells", {}, h("span", {}, t("school.names_over_time")), h("ul", {}, ...place.spells.map(line)));
}

/** A tag where it is, or will be, out of use. */
export function outOfUse(place) {
  return place.retirement === null ? "" : h("span.tag.warn", {}, t("school.out_since", { day: dayOf(place.retirement.since), reason: place.retirement.reason }));
}

/** The form that retires it; `inside` counts what has to go with it. */
export function retireForm(place, words, inside, path, settle) {
  if (!start.may_change) return "";
  const told = h("p.wide", { role: "status" });
  const since = h("input", { type: "date", name: "since", required: true, value: place.retirement?.since ?? tomorrow(), onchange: () => tell() });
  const tell = async () => {
    const asked = since.value;
    const found = asked && place.retirement === null ? await ask(`${path}?since=${asked}`) : { ok: false };
    if (asked === since.value) told.textContent = found.ok ? found.data.words.map(inWords).join(" ") : "";
  };
  const box = h("form", { onsubmit: (event) => {
    event.preventDefault();
    const given = new FormData(box);
    return settle(box, path, { since: given.get("since"), reason: given.get("reason"), take_out: given.has("take_out") }, "PUT");
  } },
  h("p.dim.wide", {}, t("school.retire_hint")),
  field(t("school.retire_since"), since),
  field(t("school.retire_reason"), h("input", { name: "reason", required: true, maxlength: 200, value: place.retirement?.reason ?? "" })),
  inside > 0 ? h("label.wide.field.check", {}, h("input", { type: "checkbox", name: "take_out" }), " ", t(words.inside, { n: inside })) : "",
  told, h("footer", {}, h("button.button.plain", {}, t("school.retire_now"))));
  return h("details.retire", { ontoggle: (event) => { if (event.currentTarget.open) tell(); } }, h("summary", {}, t(words.title)), box, place.retirement === null ? "" : reopenForm(path, settle));
}

/** The form that takes it back, as if it had never been retired or from a day on. */
export function reopenForm(path, settle) {
  if (!start.may_change) return "";
  const box = h("form", { onsubmit: (event) => {
    event.preventDefault();
    const since = new FormData(box).get("since");
    return settle(box, since ? `${path}?since=${since}` : path, null, "DELETE");
  } },
  field(t("school.reopen_since"), h("input", { type: "date", name: "since" }), t("school.reopen_hint")),
  h("footer", {}, h("button.button.plain", {}, t("school.reopen"))));
  return box;
}
