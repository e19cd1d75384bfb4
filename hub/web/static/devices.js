// Devices and gateways: what waits to be settled first, then the account of every gateway, then every device.

import { $, h, icon, put, setClass } from "./dom.js";
import { followHealth, healthLine, healthOf } from "./health.js";
import { heardCard } from "./heard.js";
import { hasLamp, lampForm } from "./lamp.js";
import { List } from "./list.js";
import { everySecond, Live } from "./live.js";
import { orderControls, orderLine, specialOrders } from "./orders.js";
import { ruleCard } from "./rules.js";
import { send, toast, twice } from "./send.js";
import { age, bytes, number, quantity, said, span, start, t } from "./speech.js";

const api = `/api/v1/schools/${start.school}`;
const COUNTS = ["expected", "received", "duplicate", "late", "lost", "outstanding", "quarantined", "overwritten"];
const live = new Live("devices", changed);
const rooms = () => live.items.get("rooms").list;
const roomName = (id) => rooms().find(([room]) => room === id)?.[1] ?? id;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const byName = (a, b) => a.name.localeCompare(b.name, start.language, { numeric: true });
const gateways = () => live.under("gateway/").sort(byName);
const devices = () => live.under("device/").sort((a, b) => (a.room ?? "").localeCompare(b.room ?? "", start.language, { numeric: true }) || byName(a, b));

function roomSelect(chosen = "") {
  const names = live.items.get("buildings").names;
  const groups = Map.groupBy ? Map.groupBy(rooms(), ([, , building]) => building) : rooms().reduce((all, room) => all.set(room[2], [...(all.get(room[2]) ?? []), room]), new Map());
  const select = h("select", { "aria-label": t("devices.room"), required: true }, h("option", { value: "" }, t("devices.choose_room")),
    ...[...groups].map(([building, members]) => h("optgroup", { label: names[building] ?? building }, members.map(([id, name]) => h("option", { value: id }, name)))));
  select.value = chosen;
  return select;
}

/** When a change takes effect: two ready answers, or a moment of the reader's choice in the school's local time. */
function sinceField(usual) {
  const other = h("input", { type: "datetime-local", hidden: true, "aria-label": t("devices.from_date") });
  const select = h("select", { "aria-label": t("devices.from"), onchange: () => { other.hidden = select.value !== "date"; } },
    h("option", { value: "first" }, t("devices.from_first")), h("option", { value: "now" }, t("devices.from_now")), h("option", { value: "date" }, t("devices.from_date")));
  select.value = usual;
  return [h("label.field.since", {}, h("span", {}, t("devices.from")), select, other), () => (select.value === "date" ? other.value : select.value)];
}

/* To settle */

function pendingGateway(gateway) {
  const where = `/api/v1/schools/${gateway.school}/gateways/${gateway.id}`;
  const settle = (action, said) => async () => (await send(`${where}/${action}`)) && toast(t(said, { name: gateway.name }));
  const seen = h("span.dim");
  const element = h("article.panel.task", {}, icon("devices", "", "icon task-icon"),
    h("div.task-text", {}, h("b", {}, gateway.name), h("span.tag.info", {}, t("devices.pending")), h("p.dim", {}, gateway.known ? t("devices.pending_hint") : `${gateway.school} / ${gateway.id}`, " ", seen)),
    h("div.task-do", {}, twice(h("button.button", { disabled: !gateway.known }, t("devices.accept")), t("devices.accept_sure"), settle("accept", "devices.accepted")),
      twice(h("button.button.plain", { disabled: !gateway.known }, t("devices.refuse")), t("devices.refuse_sure"), settle("refuse", "devices.refused"))));
  return { element, draw: (item) => put(seen, item.seen === null ? "" : capital(`${t("devices.last_seen")} ${age(item.seen)}.`)) };
}

function roomless(device) {
  const select = roomSelect();
  const [since, chosen] = sinceField("first");
  const button = h("button.button", {}, t("devices.assign"));
  const values = h("span");
  const seen = h("span");
  const form = h("form.task-do", { onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    const room = select.value;
    if (await send(`${api}/devices/${device.id}/room`, { room, from: chosen() })) toast(t("devices.assigned", { name: device.name, room: roomName(room) }));
    button.disabled = false;
  } }, h("label.field", {}, h("span", {}, t("devices.room")), select), since, button);
  const element = h("article.panel.task", {}, icon("wall", "", "icon task-icon"),
    h("div.task-text", {}, h("b", {}, device.name), h("span.tag.info", {}, t("devices.unassigned")), h("p.dim", {}, [device.model, device.gateway].filter(Boolean).join(" · "), " · ", values, " · ", seen)), form);
  return { element, draw: (item) => {
    put(values, said(item.values));
    put(seen, item.last === null ? t("devices.never") : age(item.last));
  } };
}

/* Gateways */

function gatewayCard(gateway) {
  const part = Object.fromEntries(["state", "seen", "backlog", "clock", "flash", "software", "account", "problems"].map((name) => [name, h("span")]));
  part.account = h("tbody");
  part.problems = h("div.problems");
  const fact = (label, value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  const element = h("article.panel.gateway", {},
    h("header", {}, h("h3", {}, gateway.name), part.state, h("span.grow"), part.seen), part.problems,
    h("dl", {}, fact(t("devices.backlog"), part.backlog), fact(t("devices.clock"), part.clock), fact(t("devices.flash"), part.flash), fact(t("devices.software"), part.software)),
    h("div.tablewrap", {}, h("table.account", {}, h("caption.sr", {}, t("devices.account")), h("thead", {}, h("tr", {}, h("th", {}, t("devices.stream")), COUNTS.map((name) => h("th.num", {}, t(`devices.${name}`))), h("th.num", {}, t("devices.dropped")))), part.account)));
  return { element, draw: (item) => drawGateway(element, part, item) };
}

function drawGateway(element, part, gateway) {
  const away = !gateway.online;
  const state = `${gateway.online}${gateway.status}`;
  if (part.state.dataset.is !== state) {
    part.state.dataset.is = state;
    part.state.className = `tag ${gateway.status === "refused" ? "off" : away ? "bad" : "ok"}`;
    part.state.replaceChildren(icon(away ? "unknown" : "in_lesson", "", ""), gateway.status === "refused" ? t("devices.refuse") : t(away ? "devices.offline" : "devices.online"));
  }
  setClass(element, "away", away);
  part.seen.className = away ? "seen bad-text" : "seen dim";
  put(part.seen, gateway.seen === null ? `${t("devices.last_seen")}: ${t("devices.never")}` : `${t("devices.last_seen")} ${age(gateway.seen)}`);
  put(part.backlog, away ? t("devices.backlog_away") : t("devices.rows", { n: number(gateway.rows), size: bytes(gateway.bytes) }));
  const skew = gateway.skew !== null && Math.abs(gateway.skew) >= 1000 ? ` · ${t("devices.skew", { n: number(gateway.skew / 1000, 1) })}` : "";
  put(part.clock, t(`devices.clock_${gateway.clock}`) + skew);
  part.clock.className = gateway.clock === "unknown" ? "bad-text" : skew ? "warn-text" : "";
  const day = gateway.flash_day ? t("devices.per_day", { n: bytes(gateway.flash_day) }) : t("devices.per_day_unknown");
  put(part.flash, `${bytes(gateway.flash)} · ${day}`);
  put(part.software, gateway.software || "–");
  const problems = [...(gateway.two_machines ? [t("devices.two_machines")] : []), ...gateway.problems, ...(gateway.set_aside ? [`${t("devices.set_aside")}: ${number(gateway.set_aside)}`] : [])];
  if (part.problems.dataset.is !== problems.join()) {
    part.problems.dataset.is = problems.join();
    part.problems.replaceChildren(...problems.map((text) => h("p.banner.warn", {}, text)));
  }
  drawAccount(part.account, gateway);
}

/** What a figure that looks alarming means, once for all gateways that have it. */
function drawNotes() {
  const notes = ["late", "lost"].filter((name) => gateways().some((one) => one.tele[name] + one.event[name] > 0)).map((name) => t(`devices.${name}_why`));
  const place = $("#account-notes");
  if (place.dataset.is === notes.join()) return;
  place.dataset.is = notes.join();
  place.replaceChildren(...notes.map((text) => h("p", {}, text)));
}

function drawAccount(place, gateway) {
  for (const [at, stream] of ["tele", "event"].entries()) {
    const row = place.rows[at] ?? place.appendChild(h("tr", {}, h("th", { scope: "row" }, t(`devices.${stream}`)), [...COUNTS, "dropped"].map((name) => h("td.num", { "data-label": t(`devices.${name}`) }))));
    COUNTS.forEach((name, column) => {
      const cell = row.cells[column + 1];
      put(cell, number(gateway[stream][name]));
      setClass(cell, "zero", gateway[stream][name] === 0);
      setClass(cell, "bad-text", name === "lost" && gateway[stream].lost > 0);
    });
    const dropped = Object.entries(gateway[stream].dropped);
    const last = row.cells[COUNTS.length + 1];
    put(last, number(dropped.reduce((sum, [, count]) => sum + count, 0)));
    setClass(last, "zero", dropped.every(([, count]) => !count));
    last.title = dropped.map(([reason, count]) => `${t(`devices.drop_${reason}`)}: ${number(count)}`).join(", ");
  }
}

/* Devices */

function deviceRow(device) {
  const part = { name: h("b"), model: h("span.dim.small"), room: h("span.where"), gateway: h("span.dim.small"), values: h("span.values"), seen: h("span.age"), tags: h("span.tags"), health: h("div.health"), panel: h("div.change", { hidden: true }) };
  const toggle = h("button.button.plain", { "aria-expanded": "false", onclick: () => {
    part.panel.hidden = !part.panel.hidden;
    if (!part.panel.hidden) part.panel.replaceChildren(...changeForms(live.items.get(`device/${device.id}`)));
    toggle.setAttribute("aria-expanded", String(!part.panel.hidden));
    put(toggle, t(part.panel.hidden ? "devices.change" : "devices.close"));
  } }, t("devices.change"));
  const controls = orderControls(device);
  const element = h("article.device", { role: "listitem" }, h("div.who", {}, part.name, part.model), h("div.place", {}, part.room, part.gateway), part.values, h("div.when", {}, part.seen, part.tags), start.may_change ? toggle : null, part.health, controls.element, part.panel);
  return { element, draw: (item) => {
    controls.draw(item);
    const health = healthOf(item.id);
    if (part.health.dataset.is !== JSON.stringify(health)) {
      part.health.dataset.is = JSON.stringify(health);
      part.health.replaceChildren(...health.map(healthLine));
    }
    put(part.name, item.name);
    put(part.model, [item.model, item.interval ? t("devices.interval", { t: span(item.interval * 1000) }) : ""].filter(Boolean).join(" · "));
    put(part.room, item.room === null ? t(item.retired ? "devices.retired" : "devices.without_room") : roomName(item.room));
    put(part.gateway, item.gateway);
    put(part.values, said(item.values));
    put(part.seen, item.last === null ? t("devices.never") : age(item.last));
    setClass(element, "stale", item.stale);
    const tag = item.maintenance !== null ? ["warn", "devices.maintenance"] : item.retired ? null : item.available === false ? ["bad", "devices.unavailable"] : item.stale && item.last !== null ? ["bad", "devices.stale"] : null;
    if (part.tags.dataset.is !== String(tag)) {
      part.tags.dataset.is = String(tag);
      part.tags.replaceChildren(...(tag ? [h(`span.tag.${tag[0]}`, {}, t(tag[1]))] : []));
    }
  } };
}

function form(title, hint, fields, submit, label = t("devices.save")) {
  const button = h("button.button.plain", {}, label);
  return h("form.sub", { onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    if (await submit()) toast(t("devices.saved"));
    button.disabled = false;
  } }, h("h3", {}, title), hint ? h("p.dim.small", {}, hint) : null, h("div.fields", {}, ...fields, button));
}

const CALIBRATED_NEVER = /^(battery|link_quality|rssi|energy|lamp)/;
const silent = (device) => device.stale || device.available === false;

/** What may be broken first; then what measures the same; then the rest. */
function replaceable(device) {
  const same = (other) => Object.keys(other.values).some((key) => key in device.values && !CALIBRATED_NEVER.test(key));
  const rank = (other) => (silent(other) ? 0 : same(other) ? 1 : 2);
  return devices().filter(({ id, room }) => id !== device.id && room !== null).sort((a, b) => rank(a) - rank(b));
}

/** "CO₂ A101" needs no room before it; "0x00158d…" does. */
function placed(device) {
  const room = roomName(device.room);
  return `${device.name.includes(room) ? device.name : `${room} · ${device.name}`}${silent(device) ? ` (${t("devices.stale")})` : ""}`;
}

function changeForms(device) {
  const where = `${api}/devices/${device.id}`;
  const select = roomSelect(device.room ?? "");
  const [moveSince, movedFrom] = sinceField("now");
  const move = form(t("devices.move"), "", [h("label.field", {}, h("span", {}, t("devices.room")), select), moveSince], () => send(`${where}/room`, { room: select.value, from: movedFrom() }));
  const old = h("select", { required: true }, h("option", { value: "" }, "–"), ...replaceable(device).map((other) => h("option", { value: other.id }, placed(other))));
  const [replaceSince, replacedFrom] = sinceField("now");
  const replace = form(t("devices.replace"), t("devices.replace_hint"), [h("label.field", {}, h("span", {}, t("devices.replaces")), old), replaceSince], () => send(`${where}/replace`, { old: old.value, from: replacedFrom() }));
  const numeric = Object.keys(device.values).filter((key) => ["gauge", "counter"].includes(quantity(key)[3]) && !CALIBRATED_NEVER.test(key));
  const key = h("select", {}, ...numeric.map((name) => h("option", { value: name }, `${quantity(name)[2]} (${quantity(name)[0]})`)));
  const scale = h("input", { type: "number", step: "any", value: "1", required: true, inputmode: "decimal" });
  const offset = h("input", { type: "number", step: "any", value: "0", required: true, inputmode: "decimal" });
  const [calibrateSince, calibratedFrom] = sinceField("now");
  const calibrate = numeric.length ? form(t("devices.calibrate"), t("devices.calibrate_hint"), [h("label.field", {}, h("span", {}, t("devices.quantity")), key), h("label.field.short", {}, h("span", {}, t("devices.scale")), scale), h("label.field.short", {}, h("span", {}, t("devices.offset")), offset), calibrateSince],
    () => send(`${where}/calibration`, { quantity: key.value, scale: Number(scale.value), offset: Number(offset.value), from: calibratedFrom() })) : null;
  const note = h("input", { maxlength: 500 });
  const maintain = device.maintenance === null
    ? form(t("room.maintenance"), "", [h("label.field", {}, h("span", {}, t("room.maintenance_note")), note)], () => send(`${where}/maintenance`, { note: note.value }), t("room.maintenance_start"))
    : form(t("room.maintenance"), device.maintenance, [], () => send(`${where}/maintenance/end`), t("room.maintenance_end"));
  const lamp = hasLamp(device) ? form(...lampForm(device)) : null;
  return [move, replace, calibrate, lamp, maintain, ...specialOrders(device)].filter(Boolean);
}

/* All of it */

const lists = {
  todo: new List($("#todo"), (item) => (item.tele ? pendingGateway(item) : roomless(item))),
  gateways: new List($("#gateways"), gatewayCard),
  heard: new List($("#heard"), heardCard),
  devices: new List($("#devices"), deviceRow),
  orders: new List($("#orders"), orderLine),
  rules: new List($("#rules"), ruleCard),
};
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d");

function changed() {
  const pending = gateways().filter((gateway) => gateway.status === "pending");
  const waiting = devices().filter((device) => device.room === null && !device.retired);
  const todo = [...pending.map((item) => [`g/${item.school}/${item.id}`, item]), ...waiting.map((item) => [`d/${item.id}`, item])];
  lists.todo.show(todo);
  put($("#todo-count"), todo.length ? String(todo.length) : "");
  $("#todo").classList.toggle("done", !todo.length);
  $("#todo").dataset.done = t("devices.todo_none");
  drawNotes();
  lists.gateways.show(gateways().filter((gateway) => gateway.status !== "pending").map((item) => [item.id, item]));
  const curious = gateways().filter(({ status, settings }) => status === "accepted" && settings.heard.length + settings.mappings.length > 0);
  lists.heard.show(curious.map((item) => [item.id, item]));
  $("#heard").classList.toggle("done", !curious.length);
  lists.orders.show(live.items.get("orders").list.map((item) => [item.id, { ...item, name: live.items.get(`device/${item.device}`)?.name ?? item.device }]));
  $("#orders").classList.toggle("done", !live.items.get("orders").list.length);
  lists.rules.show(live.items.get("rules").list.map((item) => [item.id, item]));
  const words = plain($("#search").value).split(/\s+/).filter(Boolean);
  const found = devices().filter((device) => words.every((word) => plain(`${device.name} ${device.id} ${device.model} ${device.gateway} ${device.room === null ? "" : roomName(device.room)}`).includes(word)));
  lists.devices.show(found.map((item) => [item.id, item]));
  put($("#device-count"), String(found.length));
  $("#devices").classList.toggle("many", found.length > 80);
}

$("#search").addEventListener("input", changed);
changed();
followHealth(changed);
everySecond(changed);
