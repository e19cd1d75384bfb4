// Rooms: what they are called and how large they are, and which devices hang in them.

import { h } from "./dom.js";
import { namesOverTime, outOfUse, reopenForm, retireForm } from "./school_retire.js";
import { ask, clearErrors, field, inWords, options, showError } from "./forms.js";
import { here, registry } from "./school.js";
import { roomDevices } from "./school_devices.js";
import { toast, twice } from "./send.js";
import { start, t } from "./speech.js";

const FIGURES = [["volume_m3", "school.volume", "1"], ["capacity", "school.capacity", "1"], ["co2_limit_ppm", "school.co2_limit", "1"], ["pupil_age_years", "school.age", "0.5"]];
const NEW = { id: "", name: "", building: "", aliases: [], volume_m3: 180, capacity: 45, co2_limit_ppm: 1500, pupil_age_years: 13 };
let place = null;

export function showRooms(panel) {
  place = panel;
  const buildings = new Map(registry.buildings);
  panel.replaceChildren(h("p.dim", {}, t("school.rooms_hint")), h("div.panel", {}, ...registry.rooms.map((room) => card(room, buildings.get(room.building) ?? room.building))),
    h("details.panel.room-card", {}, h("summary", {}, h("b", {}, t("school.new_room"))), form({ ...NEW, building: registry.buildings[0]?.[0] ?? "" }, true)),
    h("h2", {}, t("school.buildings")), h("div.panel", { id: "buildings" }, ...registry.every_building.map(buildingCard)),
    ...(registry.retired.length ? [h("h2", {}, t("school.retired_places")), h("div.panel", { id: "retired" }, ...registry.retired.map(retiredCard))] : []));
}

function card(room, building) {
  const hung = registry.devices.filter(([, , where]) => where === room.id);
  return h("details.room-card", { id: `room-${room.id}` }, h("summary", {}, h("b", {}, room.name), h("span.dim", {}, building), h("span.dim.small", {}, others(room).join(", ")), outOfUse(room), h("span.grow"), h("span.dim.small", {}, `${t("school.devices")}: ${hung.length}`)), form(room, false), roomDevices(room, again),
    retireForm(room, { title: "school.retire_room", inside: "school.take_out_devices" }, hung.length, `${here}/rooms/${room.id}/retirement`, settle));
}

/** Other names than the one that stands beside them. */
const others = ({ name, aliases }) => aliases.filter((one) => one !== name);

function retiredCard(room) {
  return h("details.room-card", { id: `room-${room.id}` }, h("summary", {}, h("b", {}, room.name), outOfUse(room), h("span.grow"), h("a", { href: `/rooms/${room.school}.${room.id}` }, t("school.its_past"))),
    h("div.part", {}, namesOverTime(room), reopenForm(`${here}/rooms/${room.id}/retirement`, settle)));
}

function buildingCard(building) {
  const inside = registry.rooms.filter((room) => room.building === building.id).length;
  const path = `${here}/buildings/${building.id}`;
  const box = h("form", { onsubmit: (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(box));
    return settle(box, path, { name: given.name, since: given.since || null }, "PUT");
  } }, field(t("school.name"), h("input", { name: "name", value: building.name, maxlength: 200 })), sinceField(), namesOverTime(building), h("footer", {}, h("button.button", {}, t("school.save"))));
  const rest = building.retired === null
    ? [box, retireForm(building, { title: "school.retire_building", inside: "school.take_out_rooms" }, inside, `${path}/retirement`, settle)]
    : [h("div.part", {}, reopenForm(`${path}/retirement`, settle))];
  return h("details.room-card", { id: `building-${building.id}` }, h("summary", {}, h("b", {}, building.name), outOfUse(building), h("span.grow"), h("span.dim.small", {}, `${t("school.rooms")}: ${inside}`)), ...rest);
}

const sinceField = () => field(t("school.named_since"), h("input", { type: "date", name: "since" }), t("school.named_since_hint"));

function form(room, fresh) {
  const box = h("form", { onsubmit: (event) => { event.preventDefault(); save(box, room, fresh); } });
  const building = h("select", { name: "building" }, ...options(registry.buildings), h("option", { value: "+" }, t("school.new_building")));
  building.value = room.building || "+";
  const other = field(t("school.building"), h("input", { name: "new_building", maxlength: 64, pattern: "[a-z0-9\\-]{1,64}" }));
  const follow = () => { other.hidden = building.value !== "+"; };
  building.addEventListener("change", follow);
  follow();
  const keep = h("label.wide.field.check", { hidden: true }, h("input", { type: "checkbox", name: "keep_name", checked: true }), " ", t("school.keep_name", { name: room.name }));
  const called = h("input", { name: "name", value: room.name, maxlength: 200, oninput: () => { keep.hidden = fresh || called.value.trim() === room.name; } });
  box.append(...(fresh ? [field(t("school.id"), h("input", { name: "id", required: true, maxlength: 64, pattern: "[a-z0-9\\-]{1,64}" }), "a-z 0-9 -")] : []),
    field(t("school.name"), called), field(t("school.building"), building), other,
    field(t("school.aliases"), h("input", { name: "aliases", value: room.aliases.join(", "), maxlength: 1000 })), keep, fresh ? "" : sinceField(),
    ...FIGURES.map(([name, word, step]) => field(t(word), h("input", { name, type: "number", step, value: room[name], required: true }))),
    fresh ? "" : namesOverTime(room),
    h("footer", {}, h("button.button", {}, t("school.save")), fresh ? "" : twice(h("button.button.plain", { type: "button" }, t("school.remove_room")), t("school.remove_sure"), () => settle(box, `${here}/rooms/${room.id}`, null, "DELETE"))));
  return box;
}

async function save(form, room, fresh) {
  const given = Object.fromEntries(new FormData(form));
  const id = fresh ? given.id : room.id;
  if (given.building === "+") {
    const made = await ask(`${here}/buildings/${encodeURIComponent(given.new_building)}`, { name: given.new_building }, "PUT");
    if (!made.ok) return showError(form, { ...made, data: { ...made.data, field: "new_building" } });
    given.building = given.new_building;
  }
  const aliases = given.aliases.split(",").map((one) => one.trim()).filter(Boolean);
  if (!fresh && given.keep_name && given.name.trim() !== room.name && !aliases.includes(room.name)) aliases.push(room.name);
  const body = { name: given.name, building: given.building, aliases, capacity: Math.round(Number(given.capacity)), since: given.since || null };
  for (const name of ["volume_m3", "co2_limit_ppm", "pupil_age_years"]) body[name] = Number(given[name]);
  return settle(form, `${here}/rooms/${encodeURIComponent(id)}`, body, "PUT");
}

async function settle(form, path, body, method) {
  if (!start.may_change) { location.href = `/login?next=${encodeURIComponent(location.pathname)}`; return; }
  clearErrors(form);
  const done = await ask(path, body, method);
  if (!done.ok) showError(form, done);
  else {
    const words = (done.data?.words ?? []).map(inWords);
    await again(words.length ? `${t("school.saved")}. ${words.join(" ")}` : t("school.saved"));
  }
}

async function again(said) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  Object.assign(registry, JSON.parse(page.getElementById("registry-data").textContent));
  const open = [...place.querySelectorAll("details[open]")].map((one) => one.id);
  const worked = place.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : undefined;
  showRooms(place);
  for (const one of place.querySelectorAll("details")) one.open = one.id !== "" && open.includes(one.id);
  if (worked) document.getElementById(worked)?.querySelector("summary").focus(); // who came by keyboard stays at that room
  toast(said);
}
