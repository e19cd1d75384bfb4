// The import centre: a file's difference before anything changes, then apply or reject; the history, with undo.

import { $, h } from "./dom.js";
import { counts, ImportRows, roomsLine } from "./import_rows.js";
import { everySecond } from "./live.js";
import { send, toast, twice } from "./send.js";
import { age, longDate, moment, number, start, t } from "./speech.js";

const api = "/api/v1/imports";
const said = (words) => words[start.language];
const STATUS_TONE = { applied: "ok", unchanged: "off", held: "warn", refused: "bad", undone: "off" };
const SEVERITY_TONE = { fatal: "bad", error: "bad", warning: "warn", note: "off" };
const to = (path) => `${path}?school=${encodeURIComponent(start.school)}`;
let kindShown = "";
let entries = JSON.parse($("#entries-data").textContent);

async function got(path) {
  const answer = await fetch(path).catch(() => null);
  if (answer?.ok) return answer.json();
  const problem = answer && await answer.json().catch(() => null);
  toast(t("form.failed", { reason: problem?.detail?.[start.language] ?? answer?.status ?? t("form.offline") }), true);
  return null;
}

async function refresh(number_) {
  entries = (await got(`${api}?school=${encodeURIComponent(start.school)}&limit=60`)) ?? entries;
  drawLists();
  drawPulls();
  if (number_ !== undefined) await open(number_);
}

/* One import */

/** What was done by hand has no file: it is said in words. What takes back has the file of what it takes back. */
function titleOf(entry) {
  const what = entry.kind === "edit" ? t(`imports.edit_${entry.file}`) : entry.file;
  return entry.undoes ? t(takesAway(entry) ? "imports.undo_of" : "imports.again", { what }) : what;
}

/** Whether it leaves its file out of use; taking back such a one brings the file into use again. */
function takesAway(entry) {
  const undone = entries.find(({ id }) => id === entry.undoes);
  return Boolean(entry.undoes) && !(undone && takesAway(undone));
}

function problemGroups(problems) {
  const groups = new Map();
  for (const one of problems) {
    const key = [one.severity, one.file, one.column, said(one.problem).replace(/[\d“"'].*$/, "")].join("\0");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function problemItems(problems) {
  return problemGroups(problems).map((group) => {
    const [first] = group;
    const where = [first.file, first.row === null || group.length > 1 ? null : t("imports.row", { n: first.row }), first.column].filter((part) => part !== null && part !== "").join(" · ");
    const rows = group.map((p) => p.row).filter((row) => row !== null);
    const told = rows.length ? t("imports.rows", { n: number(group.length), rows: rows.slice(0, 6).join(", ") + (rows.length > 6 ? "…" : "") }) : t("imports.problems_more", { n: number(group.length - 1) });
    const rest = group.length > 1 ? h("details", {}, h("summary", {}, told),
      h("ul.changes", {}, ...group.map((p) => h("li", {}, p.row === null ? null : h("b", {}, t("imports.row", { n: p.row })), h("span", {}, said(p.problem)))))) : null;
    return h("li", {}, h(`span.tag.${SEVERITY_TONE[first.severity]}`, {}, t(`imports.severity_${first.severity}`)), h("div", {}, h("span", {}, said(first.problem)), h("span.dim.small", {}, where), rest));
  });
}

// Notes ask nobody to do anything: they stay out of the way of what does, and of the buttons below.
function problemList(one) {
  const notes = problemItems(one.problems.filter((p) => p.severity === "note"));
  const groups = problemItems(one.problems.filter((p) => p.severity !== "note"));
  const folded = notes.length ? h("details.difference-table", {}, h("summary", {}, t("imports.notes", { n: number(notes.length) })), h("ul.problems-list", {}, ...notes)) : null;
  const then = Object.entries(one.entry.problems).filter(([, count]) => count);
  if (!one.problems.length && one.problems_left_out) return h("p.dim", {}, `${then.map(([severity, count]) => `${t(`imports.severity_${severity}`)}: ${number(count)}`).join(" · ")}. ${t("imports.problems_then")}`);
  if (!groups.length && !one.problems_left_out) return h("div", {}, h("p.dim", {}, t("imports.no_problems")), folded);
  return h("div", {}, h("ul.problems-list", {}, ...groups, one.problems_left_out ? h("li.dim", {}, t("imports.problems_more", { n: number(one.problems_left_out) })) : null), folded);
}

function decision(one) {
  const { entry } = one;
  const act = (action, word) => async () => {
    if (!(await send(`${api}/${entry.id}/${action}`))) return;
    toast(t(word));
    await refresh(action === "undo" ? undefined : entry.id);
    if (action === "undo") close();
  };
  if (entry.status === "held") {
    return h("div.task-do", {}, one.may_decide ? twice(h("button.button", {}, t("imports.apply")), t("imports.apply_sure"), act("apply", "imports.applied")) : h("p.dim", {}, t("imports.gone")),
      twice(h("button.button.plain", {}, t("imports.reject")), t("imports.reject_sure"), act("reject", "imports.rejected")));
  }
  if (entry.status !== "applied") return null;
  return one.why_not_undo ? h("p.dim.small", {}, said(one.why_not_undo)) : h("div.task-do", {}, twice(h("button.button.plain", {}, t("imports.undo")), t("imports.undo_sure"), act("undo", "imports.undone")));
}

function whole(one) {
  const { entry } = one;
  const rooms = h("div");
  const beside = h("div");
  const rows = new ImportRows(entry.id, got, (page) => {
    rooms.replaceChildren(roomsLine(page.rooms, to));
    if (page.other_source) beside.replaceChildren(otherSource(entry, said(page.other_source)));
  });
  const roomless = one.doubts.filter((doubt) => doubt.kind === "room_unknown" && doubt.holds).length; // they have a line of their own
  const doubts = one.doubts.filter((doubt) => doubt.kind !== "room_unknown").map((doubt) => [doubt.holds, said(doubt.reason)]);
  if (roomless) doubts.push([true, t("imports.rooms_hold", { n: number(roomless) })]);
  return [rows, h("article.panel.opened", { tabindex: -1 },
    h("header", {}, h("h2", {}, titleOf(entry)), statusTag(entry), h("span.grow"), h("button.quiet", { type: "button", onclick: close }, t("imports.close"))),
    meta(entry), beside,
    doubts.length ? h("section.doubts", {}, h("h3", {}, t(entry.status === "held" ? "imports.doubts" : "imports.doubted")), h("ul", {}, ...doubts.map(([holds, reason]) => h(`li${holds ? ".holds" : ""}`, {}, reason)))) : null,
    rooms,
    h("section", {}, h("h3", {}, t(entry.status === "held" ? "imports.difference" : "imports.changed")), rows.element),
    h("section", {}, h("h3", {}, t("imports.problems")), problemList(one)),
    one.column_maps.length ? h("details.difference-table", {}, h("summary", {}, h("b", {}, t("imports.columns"))), h("p.dim", {}, t("imports.columns_lead")), ...one.column_maps.map(mapForm)) : null,
    decision(one))];
}

/** A small file beside a large one would end what the large one brought: under a name of its own it does not. */
function otherSource(entry, reason) {
  const name = h("input", { maxlength: 64, list: "sources", required: true, placeholder: t("imports.source_example") });
  const form = lastFile ? h("form.other-source", { onsubmit: async (event) => {
    event.preventDefault();
    if (!(await send(`${api}/${entry.id}/reject`))) return;
    $("#source").value = name.value.trim();
    await sendFile(lastFile);
  } }, h("label.field", {}, h("span", {}, t("imports.source")), name), h("button.button", {}, t("imports.source_again"))) : h("p.dim", {}, t("imports.source_choose"));
  return h("section.doubts", {}, h("h3", {}, t("imports.other_source_title")), h("p", {}, reason), form);
}

function mapForm(map) {
  const inputs = Object.entries(map.columns).map(([target, header]) => [target, h("input", { value: [header].flat().join(" | "), maxlength: 200 })]);
  return h("form.column-map", { onsubmit: async (event) => {
    event.preventDefault();
    const columns = Object.fromEntries(inputs.map(([target, input]) => [target, input.value.split("|").map((part) => part.trim()).filter(Boolean)]).filter(([, headers]) => headers.length));
    if (!(await send(`/api/v1/schools/${start.school}/column-maps`, { ...map, columns }, "PUT"))) return;
    toast(t("imports.map_saved"));
    if (lastFile) await sendFile(lastFile);
  } }, h("b", {}, t(`imports.map_${map.kind}`)), ...inputs.map(([target, input]) => h("label.field", {}, h("span", {}, t(`imports.target_${target}`)), input)), h("button.button.plain", {}, t("imports.map_save")));
}

function show(one, first = null) {
  const [rows, card] = whole(one);
  $("#opened").replaceChildren(card);
  if (first) rows.draw(first);
  else rows.load();
  card.focus();
  card.scrollIntoView({ block: "start" });
}

function close() {
  $("#opened").replaceChildren();
}

async function open(number_) {
  const one = await got(`${api}/${number_}`);
  if (one) show(one);
}

/* Lists */

const statusTag = (entry) => h(`span.tag.${STATUS_TONE[entry.status] ?? "off"}`, {}, t(entry.undoes && entry.status === "applied" ? "imports.status_done" : `imports.status_${entry.status}`));

const formatName = (key) => start.words[`imports.format_${key}`] ?? key;

/** A person, a pull of the hub ("pull:van-phong") or somebody at the command line ("cli:root"). */
function byText(by) {
  const [way, ...rest] = by.split(":");
  const who = rest.join(":");
  if (way === "pull" && who) return t("imports.by_pull", { who });
  return way === "cli" && who ? t("imports.by_cli", { who }) : t("imports.by", { who: by });
}

function meta(entry) {
  const parts = [`#${entry.id}`, t(`imports.kind_${entry.kind}`), entry.format === "hand" ? "" : formatName(entry.format), moment(Date.parse(entry.time)), entry.by ? byText(entry.by) : "", entry.source === "hand" ? "" : entry.source,
    entry.valid_from ? t("imports.from_date", { d: longDate(Date.parse(`${entry.valid_from}T12:00:00Z`)) }) : "", entry.undoes ? t("imports.takes_back", { n: entry.undoes }) : "", entry.digest ? t("imports.digest", { d: entry.digest.slice(0, 8) }) : ""];
  return h("p.dim.small.meta-line", {}, parts.filter(Boolean).join(" · "));
}

function line(entry) {
  const sum = Object.values(entry.changes).reduce((all, one) => all.map((n, at) => n + one[at]), [0, 0, 0]);
  const button = start.may_change ? h("button.button.plain", { type: "button", "aria-label": `${t("imports.show")} #${entry.id} ${titleOf(entry)}`, onclick: () => open(entry.id) }, t("imports.show")) : null;
  return h("article.import-line", {}, h("div.import-text", {}, h("b", {}, titleOf(entry)), statusTag(entry), ...counts(sum), meta(entry)), button);
}

function drawLists() {
  const waiting = entries.filter((entry) => entry.status === "held");
  $("#waiting").replaceChildren(...waiting.map((entry) => h("div.panel.task", {}, line(entry))));
  $("#waiting").classList.toggle("done", !waiting.length);
  $("#waiting-count").textContent = waiting.length || "";
  const kinds = [...new Set(entries.map((entry) => entry.kind))];
  $("#kinds").hidden = kinds.length < 2;
  $("#kinds").replaceChildren(...["", ...kinds].map((kind) => h("button.chip", { type: "button", "aria-pressed": String(kind === kindShown), onclick: () => { kindShown = kind; drawLists(); } }, t(kind ? `imports.kind_${kind}` : "imports.kind_all"))));
  const settled = entries.filter((entry) => entry.status !== "held" && ["", entry.kind].includes(kindShown));
  $("#history").replaceChildren(...(settled.length ? settled.map(line) : [h("p.dim", {}, t("imports.no_history"))]));
}

/* Pulls */

const PULL_TONE = { applied: "ok", unchanged: "ok", partial: "warn", held: "warn", refused: "bad", failed: "bad", never: "off" };

async function drawPulls() {
  const answer = await fetch("/api/v1/pulls").catch(() => null);
  const pulls = answer?.ok ? (await answer.json()).filter((one) => one.school === start.school) : [];
  $("#pulls-section").hidden = !pulls.length;
  $("#pulls").replaceChildren(...pulls.map((one) => h("article.import-line", {}, h("div.import-text", {}, h("b", {}, one.name),
    h(`span.tag.${one.old ? "bad" : PULL_TONE[one.outcome] ?? "off"}`, {}, one.last_good ? t("imports.last_good", { age: age(Date.parse(one.last_good)) }) : t("imports.never_good")),
    h("span.dim", {}, said(one.said)), h("p.dim.small.meta-line", {}, [one.place, one.next_try ? t("imports.next_try", { t: moment(Date.parse(one.next_try)) }) : ""].filter(Boolean).join(" · "))),
  start.may_change ? h("button.button.plain", { type: "button", disabled: one.running, onclick: async () => (await send(`/api/v1/pulls/${encodeURIComponent(one.name)}/run`)) && toast(t("imports.pull_begun")) }, t("imports.pull_now")) : null)));
}

/* A file */

let lastFile = null;

async function upload(event) {
  event.preventDefault();
  [lastFile] = $("#file").files;
  if (lastFile) await sendFile(lastFile);
}

async function sendFile(file) {
  const button = $("#upload button");
  const query = new URLSearchParams({ school: start.school, name: file.name });
  if ($("#kind").value) query.set("kind", $("#kind").value);
  if ($("#valid-from").value) query.set("valid_from", $("#valid-from").value);
  if ($("#source").value.trim()) query.set("source", $("#source").value.trim());
  button.disabled = true;
  $("#opened").replaceChildren(h("p.panel.dim.reading-file", { role: "status" }, t("imports.reading", { name: file.name })));
  const answer = await fetch(`${api}?${query}`, { method: "POST", headers: { "content-type": "application/octet-stream", "x-csrf-token": start.csrf }, body: file }).catch(() => null);
  button.disabled = false;
  const one = answer && await answer.json().catch(() => null);
  if (!answer?.ok) {
    close();
    toast(t("form.failed", { reason: one?.detail?.[start.language] ?? answer?.status ?? t("form.offline") }), true);
    return;
  }
  $("#upload").reset();
  show(one);
  await refresh();
}

$("#upload")?.addEventListener("submit", upload);
drawLists();
drawPulls();
const opened = JSON.parse($("#opened-data").textContent);
if (opened) show(opened, JSON.parse($("#rows-data").textContent));
everySecond();
