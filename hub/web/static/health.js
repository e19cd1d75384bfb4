// What is found of devices' health: asked for every ten minutes, shown beside the device.

import { h } from "./dom.js";
import { moment, start, t } from "./speech.js";

const SURE = 0.9;
const AGAIN_MS = 600000;
const found = new Map();

export const healthOf = (device) => found.get(device) ?? [];

/** Asks now and from time to time; `changed` is called when there is an answer. */
export async function followHealth(changed) {
  try {
    const answer = await fetch(`/api/v1/health/devices?school=${encodeURIComponent(start.school)}`);
    if (answer.ok) {
      found.clear();
      for (const one of await answer.json()) found.set(one.device, [...(found.get(one.device) ?? []), one]);
      changed();
    }
  } catch {
    // The rest of the page says that the hub is away.
  }
  setTimeout(() => followHealth(changed), AGAIN_MS);
}

export function healthLine(one) {
  const wear = one.ends !== null;
  const tag = wear ? "info" : one.sure >= SURE ? "bad" : "warn";
  const why = one.why[start.language] ?? one.why.vi;
  const when = wear ? t("devices.health_ends", { t: day(one.ends), a: day(one.ends_early), b: day(one.ends_late) }) : t("devices.health_since", { t: moment(Date.parse(one.since)) });
  return h("p.finding", {}, h(`span.tag.${tag}`, {}, t(`devices.fault_${one.fault}`)), " ", `${why} · ${when} · ${one.todo[start.language] ?? one.todo.vi}`);
}

const day = (text) => new Date(text).toLocaleDateString(start.language === "vi" ? "vi-VN" : "en-GB");
