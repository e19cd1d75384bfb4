// The last events of a room with the lesson they fell into; of persons only how many.

import { h } from "./dom.js";
import { age, clock, number, t } from "./speech.js";

const LIMIT = 8;

/** Fills `place`; asked for again while the page stays open. */
export async function showEvents(place, uid) {
  const dot = uid.indexOf(".");
  let found = null;
  try {
    const answer = await fetch(`/api/v1/schools/${uid.slice(0, dot)}/events?room=${encodeURIComponent(uid.slice(dot + 1))}&limit=${LIMIT}`);
    if (answer.ok) found = await answer.json();
  } catch {
    // told below
  }
  if (found === null) {
    place.replaceChildren(h("p.dim", {}, t("event.away")));
    return;
  }
  const persons = found.persons.reduce((sum, { count }) => sum + count, 0);
  place.replaceChildren(
    ...(found.events.length ? [h("ul.events", {}, ...found.events.map(line))] : [h("p.dim", {}, t("event.none"))]),
    ...(persons ? [h("p.dim.small", {}, t("event.persons", { n: number(persons) }))] : []));
}

function line(one) {
  const at = Date.parse(one.time);
  return h("li", {}, h("span.num.dim", { title: age(at) }, clock(at)), " ", h("b", {}, named(one)), " ", h("span", {}, one.device_name),
    h("span.dim", {}, " · ", one.lesson === null ? t("event.no_lesson") : t("event.lesson", { c: one.classes ?? "" })));
}

function named({ kind, data }) {
  if (kind === "contact" && typeof data.open === "boolean") return t(data.open ? "event.contact_open" : "event.contact_closed");
  if (kind === "alarm" && typeof data.on === "boolean") return t(data.on ? "event.alarm_on" : "event.alarm_off");
  const word = t(`event.${kind}`);
  return word === `event.${kind}` ? t("event.other", { k: kind }) : word;
}
