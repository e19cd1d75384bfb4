// How good the school's data is: each kind of defect with count, examples, what to do; rooms are recognised here.

import { $, h } from "./dom.js";
import { everySecond } from "./live.js";
import { send, toast, twice } from "./send.js";
import { age, number, start, t } from "./speech.js";

let found = JSON.parse($("#quality-data").textContent);
const said = (words) => words[start.language];

async function refresh() {
  const answer = await fetch(`/api/v1/schools/${start.school}/data-quality`).catch(() => null);
  if (!answer?.ok) return toast(t("form.failed", { reason: answer ? String(answer.status) : t("form.offline") }), true);
  found = await answer.json();
  return draw();
}

function proposal(one) {
  if (!start.may_change) return h("span.dim", {}, t("quality.is_it", { name: one.name }));
  return twice(h("button.button.plain", { type: "button" }, t("quality.alias", { name: one.name })), t("quality.alias_sure"), async () => {
    if (!(await send(`/api/v1/rooms/${start.school}.${one.room}/aliases`, { alias: one.alias }))) return;
    toast(t("quality.aliased", { alias: one.alias, name: one.name }));
    await refresh();
  });
}

function finding(issue) {
  const proposals = new Map(issue.proposals.map((one) => [one.alias, one]));
  const names = [...new Set([...issue.proposals.map((one) => one.alias), ...issue.examples])];
  const rest = issue.meant ? 0 : issue.count - names.length; // examples of those are subjects
  const [tone, severity] = issue.serious ? ["bad", "error"] : issue.meant ? ["off", "note"] : ["warn", "warning"];
  return h(`article.panel.finding.${severity}`, {},
    h("header", {}, h("b.big", {}, number(issue.count)), h("h3", {}, said(issue.what)), h(`span.tag.${tone}`, {}, t(`quality.severity_${severity}`))),
    names.length ? h("ul", {}, ...names.map((name) => h("li", {}, h("span", {}, name), proposals.has(name) ? proposal(proposals.get(name)) : null)), rest > 0 ? h("li.dim", {}, t("quality.more", { n: number(rest) })) : null) : null,
    h("p", {}, h("b", {}, `${t("quality.do")}: `), said(issue.todo)));
}

function draw() {
  const nothing = h("p.panel.dim", {}, t(found.sources.length ? "quality.good" : "quality.nothing"));
  $("#findings").replaceChildren(...(found.issues.length ? found.issues.map(finding) : [nothing]));
  $("#sources").replaceChildren(...(found.sources.length ? found.sources.map((one) => h("li", {}, t("quality.age", { kind: t(`imports.kind_${one.kind}`), file: [one.source, one.file].filter(Boolean).join(": "), age: age(Date.parse(one.applied)) })))
    : [h("li.dim", {}, t("quality.nothing"))]));
}

draw();
everySecond();
