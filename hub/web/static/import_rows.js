// An import row by row: what it changes or changed, by table and state, a page at a time; what could be mended first.

import { h } from "./dom.js";
import { number, start, t } from "./speech.js";

const STATES = ["all", "added", "changed", "ended", "suspicious"];
const SIGN = { added: "+", changed: "~", ended: "−" };
const KEYLESS = new Set(["cards", "dated", "bells"]); // their keys are ours, not the school's
const PAGE = 50;
const said = (words) => words[start.language];

export const counts = ([added, changed, ended]) => [
  added ? h("span.plus", {}, t("imports.added", { n: number(added) })) : null,
  changed ? h("span.change", {}, t("imports.altered", { n: number(changed) })) : null,
  ended ? h("span.minus", {}, t("imports.ended", { n: number(ended) })) : null,
];

const fieldName = (field) => start.words[`imports.field_${field}`] ?? field;

/** Minutes of the day as a clock shows them; all else as it is. */
function fieldValue(field, value) {
  if (!field.endsWith("_min") || !/^\d+$/.test(value)) return value || "–";
  return `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
}

const fieldText = ({ field, old, new: now }) => (old || now ? `${fieldName(field)}: ${fieldValue(field, old)} → ${fieldValue(field, now)}` : fieldName(field));

function rowItem(row, names) {
  return h(`li.${row.state}`, {}, h("b", { "aria-label": t(`imports.state_${row.state}`) }, SIGN[row.state]), names ? h("span.dim.small", {}, names.get(row.table) ?? row.table) : null,
    h("span.row-name", {}, row.name || row.key), row.name && row.name !== row.key && !KEYLESS.has(row.table) ? h("code", {}, row.key) : null,
    row.fields.length ? h("span.dim", {}, row.fields.map(fieldText).join("; ")) : null);
}

/** One reason for many rows is said once, above them. */
function listed(rows, names) {
  let told = "";
  return rows.flatMap((row) => {
    const why = row.why ? said(row.why) : "";
    const head = why && why !== told ? [h("li.why", {}, why)] : [];
    told = why;
    const item = rowItem(row, names);
    item.classList.toggle("doubted", Boolean(why));
    return [...head, item];
  });
}

/** `get(path)` asks the hub; `tell(page)` is given the first page: what it says of the whole import. */
export class ImportRows {
  constructor(id, get, tell) {
    Object.assign(this, { id, get, tell, shown: "all", table: "", offset: 0, page: null });
    this.element = h("div.rows-part", { "aria-busy": "true" }, h("p.dim", {}, t("imports.rows_reading")));
  }

  async load() {
    const query = new URLSearchParams({ shown: this.shown, table: this.table, offset: this.offset, limit: PAGE });
    const asked = this.asked = `/api/v1/imports/${this.id}/rows?${query}`;
    this.element.setAttribute("aria-busy", "true");
    const page = await this.get(asked);
    if (asked !== this.asked) return; // something else was chosen meanwhile: this answer came too late
    this.element.removeAttribute("aria-busy");
    if (page) this.draw(page);
  }

  draw(page) {
    const first = this.page === null;
    const pressed = this.element.contains(document.activeElement) ? document.activeElement.dataset.choice : undefined;
    this.page = page;
    this.element.removeAttribute("aria-busy"); // the first page may come with the document
    if (first) this.tell(page);
    if (!page.tables.length) {
      this.element.replaceChildren(h("p.dim", {}, t("imports.no_change")));
      return;
    }
    const names = new Map(page.tables.map((one) => [one.table, said(one.name)]));
    this.element.replaceChildren(page.pupils.length ? h("details.difference-table", { open: true }, h("summary", {}, h("b", {}, t("imports.pupils"))), h("ul.changes", {}, ...page.pupils.map((line) => h("li", {}, said(line))))) : "",
      this.#tables(page), this.#states(page), this.#counted(page), this.#list(page, names), this.#pager(page));
    if (pressed) this.#focus(pressed);
  }

  /** Who chose by keyboard stays where they were: on the new button in the old one's place, or its neighbour at an end. */
  #focus(choice) {
    const buttons = [...this.element.querySelectorAll("[data-choice]")];
    const same = buttons.find((one) => one.dataset.choice === choice);
    (same?.disabled ? buttons.find((one) => one !== same && !one.disabled && one.parentElement === same.parentElement) : same)?.focus();
  }

  #choose(changes) {
    Object.assign(this, { offset: 0 }, changes);
    this.load();
  }

  #tables(page) {
    return h("div.row-tables", { role: "group", "aria-label": t("imports.rows_tables") }, ...page.tables.map((one) => h("button.difference-table.flat", { type: "button", "data-choice": `table ${one.table}`, "aria-pressed": String(one.table === this.table), onclick: () => this.#choose({ table: one.table === this.table ? "" : one.table, shown: "all" }) },
      h("b", {}, said(one.name)), ...counts([one.added, one.changed, one.ended]), h("span.dim", {}, t("imports.unchanged", { n: number(one.unchanged) })))));
  }

  #states(page) {
    const some = STATES.filter((one) => one === "all" || one === this.shown || page.states[one]);
    return h("div.row-states", { role: "group", "aria-label": t("imports.rows_states") }, ...some.map((one) => h("button.chip", { type: "button", "data-choice": `state ${one}`, "aria-pressed": String(one === this.shown), onclick: () => this.#choose({ shown: one }) }, `${t(`imports.rows_${one}`)} ${number(page.states[one])}`)));
  }

  /** Pupils in classes are counted above and listed nowhere: what the two numbers are, where they differ. */
  #counted(page) {
    const changed = page.tables.filter((one) => ["", one.table].includes(this.table)).reduce((sum, one) => sum + one.added + one.changed + one.ended, 0);
    const left = changed - page.states.all;
    return page.states.all && left > 0 ? h("p.dim.small", {}, t("imports.rows_listed", { n: number(page.states.all), m: number(left) })) : "";
  }

  #list(page, names) {
    if (!page.rows.length) return h("p.dim", {}, t(page.states.all ? "imports.rows_none_fits" : "imports.rows_counted"));
    const shown = this.table ? null : names;
    const unnamed = page.rows.filter((row) => !row.name && row.key.startsWith("#")); // pupils: a digest tells a reader nothing
    const told = page.rows.filter((row) => !unnamed.includes(row));
    return h("div", {}, told.length ? h("ul.changes", {}, ...listed(told, shown)) : "",
      unnamed.length ? h("details.difference-table", {}, h("summary", {}, t("imports.rows_unnamed", { n: number(unnamed.length) })), h("ul.changes", {}, ...listed(unnamed, shown))) : "");
  }

  #pager(page) {
    if (page.total <= PAGE) return "";
    const step = (offset, word, off) => h("button.button.plain", { type: "button", "data-choice": word, disabled: off, onclick: () => this.#choose({ offset }) }, t(word));
    return h("nav.row-pager", { "aria-label": t("imports.rows_pages") }, step(Math.max(0, page.offset - PAGE), "imports.rows_before", page.offset === 0),
      h("span.dim", {}, t("imports.rows_range", { a: number(page.offset + 1), b: number(page.offset + page.rows.length), n: number(page.total) })),
      step(page.offset + PAGE, "imports.rows_after", page.offset + page.rows.length >= page.total));
  }
}

/** Rooms of the file the school does not have: one line with what to do, the names below it. */
export function roomsLine(rooms, to) {
  if (!rooms || rooms.known === rooms.total) return "";
  const few = rooms.known * 2 < rooms.total;
  const word = rooms.known === 0 ? "imports.rooms_none" : few ? "imports.rooms_few" : "imports.rooms_some";
  const rest = rooms.total - rooms.known - rooms.unknown.length;
  return h(`section.rooms-line${few ? ".doubts" : ""}`, {}, h("p", {}, t(word, { n: number(rooms.total - rooms.known), m: number(rooms.total), k: number(rooms.known) })),
    h("div.task-do", {}, h("a.chip", { href: to("/school-data") }, t("imports.rooms_alias")), h("a.chip", { href: `${to("/school")}#rooms` }, t("imports.rooms_new"))),
    h("details", {}, h("summary", {}, t("imports.rooms_names", { n: number(rooms.total - rooms.known) })), h("p.dim", {}, rooms.unknown.join(", ") + (rest > 0 ? ` ${t("imports.rooms_more", { n: number(rest) })}` : ""))));
}
