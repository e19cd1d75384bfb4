// What the page was started with, and how it speaks: words, numbers, units, times and ages in the reader's language.

export const start = JSON.parse(document.getElementById("start").textContent);
const vi = start.language === "vi";
const locale = vi ? "vi-VN" : "en-GB";
const NARROW_SPACE = "\u202f";

let ahead = start.now - Date.now();

/** The hub's clock in milliseconds; the reader's own clock may be wrong. */
export const now = () => Date.now() + ahead;

/** Every message says the hub's time; only one that came quickly tells anything, so the largest lead wins slowly. */
export function hubSaid(at) {
  const lead = at - Date.now();
  if (lead > ahead || ahead - lead > 5000) ahead = lead;
}

/** A word of the table, its {places} filled. */
export function t(key, values = {}) {
  const word = start.words[key] ?? key;
  return word.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** 1380 -> "1 380" (vi) or "1,380" (en); 29.42 with one decimal -> "29,4" or "29.4". */
export function number(value, decimals = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, vi ? NARROW_SPACE : ",");
  const sign = value < 0 && Number(value.toFixed(decimals)) !== 0 ? "−" : "";
  return sign + grouped + (part ? (vi ? "," : ".") + part : "");
}

export const quantity = (key) => start.quantities[key] ?? ["", 0, key, "gauge"];

const STATES = { contact_open: ["value.closed", "value.open"], occupancy: ["value.no", "value.yes"] };

/** A value with its unit: "29,4 °C", "bật". */
export function measured(key, value) {
  const [unit, decimals, , kind] = quantity(key);
  if (kind === "text" || typeof value === "string") return String(value);
  if (kind === "state") return t((STATES[key] ?? ["value.off", "value.on"])[value ? 1 : 0]);
  return number(value, decimals) + (unit ? `\u00a0${unit}` : "");
}

const SPOKEN = new Set(["contact_open", "switch_on", "occupancy", "display_on", "muted"]);
const DIAGNOSTIC = new Set(["link_quality", "rssi_dbm", "battery_v", "voltage_v", "current_a", "frequency_hz", "power_factor", "snr_db"]);
const AMBIGUOUS = /^(pm|battery|tvoc|lamp_hours|filter_hours|device_temperature)/;

/** The same, so that it says what it is: "cửa đóng", "pin 77 %", "mức âm (thô): 12". */
function named(key, value) {
  const [unit, , meaning] = quantity(key);
  if (SPOKEN.has(key) && typeof value === "number") return t(`state.${key}_${value ? 1 : 0}`);
  if (AMBIGUOUS.test(key)) return `${meaning} ${measured(key, value)}`;
  return unit ? measured(key, value) : `${meaning}: ${measured(key, value)}`;
}

/** All values of a device in one line, its battery last, what only engineers read left out. */
export function said(values) {
  const socket = "power_w" in values; // a socket that gives current tells nothing of what is plugged in
  const keys = Object.keys(values).filter((key) => !DIAGNOSTIC.has(key)).sort((a, b) => a.startsWith("battery") - b.startsWith("battery"));
  return keys.map((key) => (socket && key === "switch_on" ? t(`state.socket_on_${values[key][0] ? 1 : 0}`) : named(key, values[key][0]))).join(" · ") || "–";
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let size = count ?? 0;
  let at = 0;
  while (size >= 1000 && at < units.length - 1) [size, at] = [size / 1000, at + 1];
  return `${number(size, at > 0 && size < 100 ? 1 : 0)}\u00a0${units[at]}`;
}

function steps(ms, family) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return t(`${family}.seconds`, { n: s });
  if (s < 3600) return t(`${family}.minutes`, { n: Math.floor(s / 60) });
  if (s < 86400) return t(`${family}.hours`, { n: Math.floor(s / 3600) });
  return t(`${family}.days`, { n: Math.floor(s / 86400) });
}

/** "2 giây trước". */
export const age = (at) => (now() - at < 1500 ? t("age.now") : steps(now() - at, "age"));
/** "28 phút". */
export const span = (ms) => steps(ms, "span");
/** "1 giờ 27 phút": of what somebody waits for, whole hours are too coarse. */
export function waiting(ms) {
  const min = Math.floor(ms / 60000);
  return min > 60 && min < 1440 && min % 60 ? t("span.hours_minutes", { n: Math.floor(min / 60), m: min % 60 }) : span(ms);
}

const zone = { timeZone: start.zone };
const formats = {
  time: new Intl.DateTimeFormat(locale, { ...zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  seconds: new Intl.DateTimeFormat(locale, { ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
  day: new Intl.DateTimeFormat(locale, { ...zone, weekday: "short", day: "2-digit", month: "2-digit" }),
  date: new Intl.DateTimeFormat(locale, { ...zone, weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" }),
};

export const clock = (at) => formats.time.format(at);
export const clockSeconds = (at) => formats.seconds.format(at);
export const day = (at) => formats.day.format(at);
export const longDate = (at) => {
  const text = formats.date.format(at);
  return text.charAt(0).toUpperCase() + text.slice(1);
};
/** "09:31" today, "T2, 23/11 09:31" on another day. */
export const moment = (at) => (day(at) === day(now()) ? clock(at) : `${day(at)} ${clock(at)}`);

/** Minutes the school's zone is ahead of UTC at that instant. */
export function zoneOffset(at) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", { ...zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" })
      .formatToParts(at).map((part) => [part.type, Number(part.value)]),
  );
  return Math.round((Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(at / 1000) * 1000) / 60000);
}
