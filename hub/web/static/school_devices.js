// Which devices hang in a room, from when on: hung up, moved over, taken out, in the past too.

import { h } from "./dom.js";
import { ask, clearErrors, field, options, showError } from "./forms.js";
import { here, registry } from "./school.js";
import { start, t } from "./speech.js";

/** `again(said)` draws the rooms anew once something was done. */
export function roomDevices(room, again) {
  const hung = registry.devices.filter(([, , where]) => where === room.id);
  const list = h("ul.hung", {}, ...hung.map(([id, name]) => h("li", {}, h("b", {}, name), id === name ? "" : h("code", {}, id))));
  const box = h("form", { onsubmit: (event) => { event.preventDefault(); hang(box, room, again); } });
  box.append(h("h4.wide", {}, `${t("school.devices")} (${hung.length})`), h("div.wide", {}, hung.length ? list : h("p.dim", {}, t("school.no_devices"))));
  if (start.may_change) box.append(...controls(room, hung));
  return box;
}

function controls(room, hung) {
  const names = new Map(registry.rooms.map((one) => [one.id, one.name]));
  const others = registry.devices.filter(([, , where]) => where !== room.id);
  const device = h("select", { name: "device", required: true }, ...options([], t("school.choose")),
    ...(others.length ? [h("optgroup", { label: t("school.hang_here") }, ...options(others.map(([id, name, where]) => [`+${id}`, where ? `${name} (${names.get(where) ?? where})` : name])))] : []),
    ...(hung.length ? [h("optgroup", { label: t("school.take_out_of") }, ...options(hung.map(([id, name]) => [`-${id}`, name])))] : []));
  const other = h("input", { name: "since", type: "datetime-local" });
  const moment = field(t("school.from_date"), other);
  moment.hidden = true;
  const since = h("select", { name: "from", onchange: () => { moment.hidden = since.value !== "date"; other.required = !moment.hidden; } }, ...options([["now", t("school.from_now")], ["first", t("school.from_first")], ["date", t("school.from_date")]]));
  return [field(t("school.move_device"), device), field(t("school.since_when"), since, t("school.since_hint")), moment, h("footer", {}, h("button.button.plain", {}, t("school.move")))];
}

async function hang(form, room, again) {
  clearErrors(form);
  const { device, from, since } = Object.fromEntries(new FormData(form));
  const body = { room: device.startsWith("+") ? room.id : null, from: from === "date" ? since : from };
  const done = await ask(`${here}/devices/${encodeURIComponent(device.slice(1))}/room`, body, "POST");
  if (done.ok) await again(t("school.saved"));
  else showError(form, done);
}
