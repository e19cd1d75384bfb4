// A rule that may switch things off by itself: off, dry run, on, and what is missing before it may be on.

import { h, put, setClass } from "./dom.js";
import { send, toast } from "./send.js";
import { moment, number, start, t } from "./speech.js";

const MODES = ["off", "dry_run", "on"];
const CALM_MS = 6000;

export function ruleCard(rule) {
  const state = h("p.dim.small");
  const why = h("p.small");
  const buttons = MODES.map((mode) => h("button", { type: "button", "data-mode": mode, onclick: (event) => choose(event.currentTarget) }, t(`policy.${mode}`)));
  const element = h("article.panel.rule", {}, h("div", {}, h("b", {}, rule.what), state, why), h("div.switch", { role: "group", "aria-label": rule.what }, ...buttons));

  /** Turning on is asked twice: from then on orders go out by themselves. */
  async function choose(button) {
    const { mode } = button.dataset;
    if (mode === "on" && start.may_change && button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      put(button, t("policy.on_sure"));
      setTimeout(() => calm(button), CALM_MS);
      return;
    }
    calm(button);
    if (await send(`/api/v1/schools/${start.school}/policy`, { rule: rule.id, mode }, "PUT")) toast(t("policy.chosen"));
  }

  return { element, draw: (item) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === item.mode));
      button.disabled = button.dataset.mode === "on" && item.why_not_on !== null;
    }
    put(state, [item.since ? t("policy.since", { t: moment(item.since), name: item.by }) : "", item.mode === "dry_run" ? t("policy.watched", { n: number(item.watched), m: number(item.needed) }) : ""].filter(Boolean).join(" · "));
    put(why, item.why_not_on ?? "");
    setClass(element, "running", item.mode === "on");
  } };
}

function calm(button) {
  delete button.dataset.sure;
  put(button, t(`policy.${button.dataset.mode}`));
}
