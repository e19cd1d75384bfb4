// Tomorrow by the hour: bars with the range that holds four hours in five, and how good it was so far.

import { h, svg } from "./dom.js";
import { longDate, number, t } from "./speech.js";

const WIDTH = 480, HEIGHT = 150, FOOT = 20;
const TARGETS = ["energy_kwh", "people", "occupied"];

/** Fills `place`; asks once, and again after midnight when the page stays open. */
export async function showTomorrow(place, uid) {
  let days;
  try {
    const answer = await fetch(`/api/v1/rooms/${uid}/forecast`);
    if (!answer.ok) return;
    ({ days } = await answer.json());
  } catch {
    return; // the rest of the page says that the hub is away
  }
  const last = days.map(({ day }) => day).sort().at(-1);
  const told = TARGETS.map((target) => days.find((one) => one.day === last && one.target === target)).filter(Boolean);
  place.replaceChildren(...(told.length ? told.map(figure) : [h("p.dim", {}, t("room.tomorrow_none"))]));
}

function figure(one) {
  const title = h("h3", {}, t(`room.tomorrow_${one.target}`), " ", h("small.dim", {}, longDate(Date.parse(`${one.day}T12:00:00Z`)))); // noon in Greenwich is that day in every zone with schools
  if (!one.hours.length) return h("figure", {}, title, h("p.dim", {}, t("room.tomorrow_short", { n: number(one.known_days), m: number(one.needed_days) })));
  return h("figure", {}, title, bars(one), h("figcaption.dim.small", {}, goodness(one)));
}

function said(one, value, decimals = 0) {
  return one.target === "occupied" ? `${number(value * 100)}\u00a0%` : `${number(value, one.target === "people" ? decimals : 2)}${one.unit ? `\u00a0${one.unit}` : ""}`;
}

function bars(one) {
  const most = Math.max(...one.hours.map(({ high }) => high), one.target === "occupied" ? 1 : 0.01);
  const y = (value) => (HEIGHT - FOOT) * (1 - value / most) + 1;
  const step = WIDTH / 24;
  const columns = one.hours.flatMap(({ hour, value, low, high }) => {
    const x = hour * step;
    const label = t("room.tomorrow_hour", { h: number(hour), v: said(one, value), a: said(one, low), b: said(one, high) });
    return [
      svg("rect.due", { x: x + 4, width: step - 8, y: y(value), height: HEIGHT - FOOT + 1 - y(value) }, svg("title", {}, label)),
      svg("rect.around", { x: x + step / 2 - 3, width: 6, y: y(high), height: Math.max(1, y(low) - y(high)) }, svg("title", {}, label)),
    ];
  });
  const hours = [0, 6, 12, 18].map((hour) => svg("text", { x: hour * step + 4, y: HEIGHT - 3 }, String(hour)));
  const top = [svg("text", { x: 4, y: 14 }, said(one, most)), svg("line", { x1: 0, x2: WIDTH, y1: 1, y2: 1 })];
  const peak = one.hours.reduce((a, b) => (b.value > a.value ? b : a));
  const label = t("room.tomorrow_peak", { h: number(peak.hour), v: said(one, peak.value) });
  return svg("svg.tomorrow-bars", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...top, ...columns, ...hours);
}

function goodness(one) {
  const parts = [t(`room.tomorrow_by_${one.method}`)];
  if (one.mae_seasonal !== null) parts.push(t("room.tomorrow_compared", { n: number(one.compared_days), a: said(one, one.mae_seasonal, 1), b: said(one, one.mae_timetable, 1) }));
  parts.push(one.checked_days ? t("room.tomorrow_good", { n: number(one.checked_days), e: said(one, one.mae_so_far, 1), p: number(one.inside_so_far * 100) }) : t("room.tomorrow_unchecked"));
  return parts.join(" · ");
}
