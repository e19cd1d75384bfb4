// What a device can be told: buttons for what it takes, and how the last order stands.

import { h, put, setClass } from "./dom.js";
import { send, twice } from "./send.js";
import { age, clock, start, t } from "./speech.js";

const PLAIN = ["switch_on", "switch_off", "display_on", "display_off", "display_mute", "display_unmute"];
const INPUT = "display_input";
const FREE = new Set(["display_input", "calibrate_to", "measuring_range", "enrol", "delete_template"]);

const order = (device, kind, value = "") => send(`/api/v1/schools/${start.school}/devices/${device}/commands`, { kind, value });

/** ["display_input:hdmi1", "clean"] -> {display_input: ["hdmi1"], clean: [""]}. */
function kinds(accepts) {
  const found = new Map();
  for (const name of accepts) {
    const [kind, value = ""] = name.split(/:(.*)/s);
    found.set(kind, [...(found.get(kind) ?? []), value]);
  }
  return found;
}

/** Whether a person in the room may want to switch it; calibrations stand on the devices page. */
export const isSwitched = ({ accepts }) => accepts.some((name) => PLAIN.includes(name) || name.startsWith(`${INPUT}:`));

/** Buttons and state of one device; nothing at all where it takes no orders. */
export function orderControls(device) {
  const buttons = h("div.switches", { role: "group", "aria-label": t("ordered.controls") });
  const state = h("p.order-state", { "aria-live": "polite" });
  const element = h("div.orders", { hidden: true }, buttons, state);
  return { element, draw: (item) => {
    element.hidden = !item.accepts.length && !item.order;
    const is = item.accepts.join();
    if (buttons.dataset.is !== is) {
      buttons.dataset.is = is;
      buttons.replaceChildren(...(start.may_change ? switches(device.id, kinds(item.accepts)) : []));
    }
    drawState(state, item.order);
  } };
}

function switches(device, found) {
  const made = PLAIN.filter((kind) => found.has(kind)).map((kind) => busy(h("button.button.plain", {}, t(`order.${kind}`)), () => order(device, kind)));
  if (!found.has(INPUT)) return made;
  const inputs = found.get(INPUT).filter(Boolean);
  if (!inputs.length) return made;
  const select = h("select", { "aria-label": t(`order.${INPUT}`) }, ...inputs.map((name) => h("option", { value: name }, name.toUpperCase())));
  return [...made, h("span.input-choice", {}, select, busy(h("button.button.plain", {}, t(`order.${INPUT}`)), () => order(device, INPUT, select.value)))];
}

function busy(button, action) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    await action();
    button.disabled = false;
  });
  return button;
}

const named = ({ kind, value }) => (value ? `${t(`order.${kind}`)} (${value.toUpperCase()})` : t(`order.${kind}`));
const outcome = ({ result, confirmed }) => t(`ordered.${result === null ? "pending" : result === "done" && !confirmed ? "done_unconfirmed" : result}`);
const tone = ({ result }) => ({ null: "info", done: "ok", dry_run: "off" })[result] ?? "bad";

function drawState(place, last) {
  const is = JSON.stringify(last);
  if (place.dataset.is !== is) {
    place.dataset.is = is;
    place.replaceChildren(...(last ? [h(`span.tag.${tone(last)}`, {}, outcome(last)), " ", named(last), last.detail ? `: ${last.detail}` : "", h("span.age.dim")] : []));
  }
  const ago = place.querySelector(".age");
  if (ago) put(ago, ` · ${age(last.ended ?? last.at)}`);
}

/** What is asked twice, with what to know before: calibrations, registers, templates. */
export function specialOrders(device) {
  return [...kinds(device.accepts)].filter(([kind]) => !PLAIN.includes(kind) && !(kind === INPUT && device.accepts.some((name) => name.startsWith(`${INPUT}:`)))).map(([kind, values]) => {
    const listed = values.filter(Boolean);
    const value = listed.length ? h("select", {}, ...listed.map((each) => h("option", { value: each }, each)))
      : FREE.has(kind) ? h("input", { maxlength: 64, required: kind !== "enrol", inputmode: kind === "display_input" ? "text" : "decimal" }) : null;
    const button = twice(h("button.button.plain", { type: "button" }, t("ordered.send")), t("ordered.sure"), async () => {
      if (!value || value.reportValidity()) await order(device.id, kind, value?.value ?? "");
    });
    const caution = start.words[`caution.${kind}`];
    return h("form.sub", { onsubmit: (event) => event.preventDefault() }, h("h3", {}, `${t("ordered.special")}: ${t(`order.${kind}`)}`), caution ? h("p.banner.warn.small", {}, caution) : null,
      h("div.fields", {}, value ? h("label.field", {}, h("span", {}, t("ordered.value")), value) : null, button));
  });
}

/** One line of the list of recent orders. */
export function orderLine(first) {
  const part = { state: h("span"), detail: h("span.dim.small"), age: h("span.age.dim.small") };
  const who = first.by || t("ordered.by_rule");
  const element = h("article.order-line", { role: "listitem" }, h("span.num.dim.small", {}, clock(first.at)), h("div", {}, h("b", {}, first.name), h("span", {}, ` · ${named(first)}`), h("div.dim.small", {}, [who, first.reason].filter(Boolean).join(": "))), h("div.order-end", {}, part.state, part.detail, part.age));
  return { element, draw: (item) => {
    part.state.className = `tag ${tone(item)}`;
    put(part.state, outcome(item));
    put(part.detail, item.detail);
    put(part.age, age(item.ended ?? item.at));
    setClass(element, "open", item.result === null);
  } };
}
