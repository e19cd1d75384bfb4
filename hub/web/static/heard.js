// What a gateway hears and nobody reads: accept the proposal, edit it, or see whether the gateway uses it by now.

import { h, put } from "./dom.js";
import { List } from "./list.js";
import { send, toast, twice } from "./send.js";
import { number, quantity, start, t } from "./speech.js";

const figure = ({ topic, path, quantity: key }) => `${topic}\n${path ?? ""}\n${key}`;

export function heardCard(gateway) {
  const where = `/api/v1/schools/${gateway.school}/gateways/${gateway.id}/mappings`;
  const accept = async (mapping) => (await send(where, mapping)) && toast(t("heard.accepted"));
  const newer = h("p.banner.info", { hidden: true });
  const mappings = h("div", { role: "list" });
  const heard = h("div", { role: "list" });
  const lists = { mappings: new List(mappings, (item) => mappingLine(item, where)), heard: new List(heard, (item) => heardLine(item, accept)) };
  const element = h("article.panel.heard", {}, h("h3", {}, gateway.name), newer, mappings, heard);
  return { element, draw: ({ settings }) => {
    newer.hidden = settings.confirmed <= settings.version;
    put(newer, t("heard.newer", { n: settings.confirmed }));
    const use = settings.confirmed < settings.version ? "pending" : settings.confirmed > settings.version ? "unsure" : "in_use";
    const asked = new Set(settings.mappings.map(({ topic, path }) => `${topic}\n${path ?? ""}`));
    lists.mappings.show(settings.mappings.map((item) => [figure(item), { ...item, use: item.hidden ? "hidden" : use }]));
    lists.heard.show(settings.heard.filter(({ topic, path }) => !asked.has(`${topic}\n${path}`)).map((item) => [`${item.source}\n${item.topic}\n${item.path}`, item]));
  } };
}

const place = ({ topic, path }) => h("span.topic", {}, topic, path ? h("span.dim", {}, ` → ${path}`) : null);
const meaning = (key) => `${quantity(key)[2]}${quantity(key)[0] ? ` (${quantity(key)[0]})` : ""}`;

const whose = (device = "") => (/\{\d+\}/.test(device) ? t("heard.by_topic") : device);

function scaling({ scale = 1, offset = 0 }) {
  const parts = [scale === 1 ? "" : `× ${number(scale, 3)}`, offset === 0 ? "" : `+ ${number(offset, 3)}`];
  return parts.filter(Boolean).join(" ");
}

function mappingLine(first, where) {
  const state = h("span.tag");
  const query = new URLSearchParams({ topic: first.topic, path: first.path ?? "", quantity: first.quantity });
  const remove = start.may_change ? twice(h("button.button.plain", {}, t("heard.remove")), t("heard.remove_sure"), async () => (await send(`${where}?${query}`, {}, "DELETE")) && toast(t("heard.removed"))) : null;
  const element = h("article.heard-line", { role: "listitem" }, h("div", {}, place(first), h("div.small", {}, [meaning(first.quantity), scaling(first), whose(first.device)].filter(Boolean).join(" · "))), state, remove);
  return { element, draw: ({ use }) => {
    state.className = `tag ${{ pending: "info", unsure: "off", in_use: "ok", hidden: "warn" }[use]}`;
    put(state, t(`heard.${use}`));
  } };
}

function heardLine(first, accept) {
  const count = h("span");
  const example = h("span");
  const proposal = first.proposal;
  const panel = h("div.change", { hidden: true });
  const edit = h("button.button.plain", { "aria-expanded": "false", onclick: () => {
    panel.hidden = !panel.hidden;
    if (!panel.hidden) panel.replaceChildren(mappingForm(first, accept));
    edit.setAttribute("aria-expanded", String(!panel.hidden));
  } }, t("heard.edit"));
  const take = proposal ? h("button.button", { onclick: async () => {
    take.disabled = true;
    await accept(proposal);
    take.disabled = false;
  } }, t("heard.accept")) : null;
  const what = proposal ? [meaning(proposal.quantity), scaling(proposal), whose(proposal.device)].filter(Boolean).join(" · ") : t("heard.no_proposal");
  const element = h("article.heard-line", { role: "listitem" }, h("div", {}, place(first), h("div.small", {}, what), h("div.dim.small", {}, example, " · ", count, ` · ${first.source}`)), h("div.task-do", {}, ...(start.may_change ? [take, edit] : [])), panel);
  return { element, draw: (item) => {
    put(count, t("heard.count", { n: number(item.count) }));
    put(example, item.example ? t("heard.example", { value: item.example }) : "");
  } };
}

function mappingForm({ topic, path, proposal }, accept) {
  const given = { quantity: "", device: "", scale: 1, offset: 0, ...proposal };
  const key = h("select", { required: true }, h("option", { value: "" }, "–"), ...Object.keys(start.quantities).map((name) => h("option", { value: name }, meaning(name))));
  key.value = given.quantity;
  const device = h("input", { maxlength: 200, value: given.device });
  const scale = h("input", { type: "number", step: "any", value: given.scale, required: true, inputmode: "decimal" });
  const offset = h("input", { type: "number", step: "any", value: given.offset, required: true, inputmode: "decimal" });
  const field = (label, input, short = "") => h(`label.field${short}`, {}, h("span", {}, label), input);
  const button = h("button.button", {}, t("heard.accept"));
  return h("form.sub", { onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    await accept({ ...proposal, topic, path, quantity: key.value, device: device.value, scale: Number(scale.value), offset: Number(offset.value) });
    button.disabled = false;
  } }, h("div.fields", {}, field(t("devices.quantity"), key), field(t("heard.device"), device), field(t("devices.scale"), scale, ".short"), field(t("devices.offset"), offset, ".short"), button));
}
