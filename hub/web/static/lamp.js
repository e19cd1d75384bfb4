// How long a device's lamp is rated for: asked of the hub when the form opens, set in hours, empty takes the usual.

import { h } from "./dom.js";
import { send } from "./send.js";
import { number, start, t } from "./speech.js";

const [LEAST_H, MOST_H] = [100, 200000];

export const hasLamp = (device) => "lamp_hours_h" in device.values;

/** [title, hint, fields, submit] for the devices page; the field shows what was said before once the hub answered. */
export function lampForm(device) {
  const where = `/api/v1/schools/${start.school}/devices/${device.id}/lamp`;
  const hours = h("input", { type: "number", min: String(LEAST_H), max: String(MOST_H), step: "1", inputmode: "numeric", name: "rated_h" });
  known(where, hours);
  const submit = () => send(where, { rated_h: hours.value === "" ? null : Number(hours.value) }, "PUT");
  return [t("devices.lamp"), t("devices.lamp_hint"), [h("label.field", {}, h("span", {}, t("devices.lamp_hours")), hours)], submit];
}

async function known(where, hours) {
  try {
    const answer = await fetch(where);
    if (!answer.ok) return;
    const { rated_h: rated, usual_h: usual } = await answer.json();
    if (usual !== null) hours.placeholder = number(usual);
    if (rated !== null && hours.value === "") hours.value = String(rated);
  } catch {
    // The rest of the page says that the hub is away.
  }
}
