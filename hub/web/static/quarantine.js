// What could not be read: reason, raw bytes, replay after a fix, or discard.

import { $, h } from "./dom.js";
import { everySecond } from "./live.js";
import { send, toast, twice } from "./send.js";
import { bytes, moment, number, start, t } from "./speech.js";

const entries = JSON.parse($("#entries-data").textContent);
const STATUS = { open: ["warn", "quarantine.open"], replayed: ["ok", "quarantine.status_replayed"], discarded: ["off", "quarantine.status_discarded"] };

function entryCard(entry) {
  const card = h("article.panel.entry");
  const draw = () => {
    const [tone, word] = STATUS[entry.status] ?? STATUS.open;
    const where = `/api/v1/quarantine/${entry.digest}`;
    const settle = (action, status, said) => async () => {
      if (!(await send(`${where}/${action}`))) return;
      entry.status = status;
      toast(t(said));
      draw();
    };
    const replay = h("button.button", { onclick: async () => {
      replay.disabled = true;
      await settle("replay", "replayed", "quarantine.replayed")();
      replay.disabled = false;
    } }, t("quarantine.replay"));
    card.classList.toggle("settled", entry.status !== "open");
    card.replaceChildren(
      h("header", {}, h("h3", {}, entry.reason), h(`span.tag.${tone}`, {}, t(word))),
      h("div.meta", {}, h("span", {}, `${t("quarantine.from")}: ${entry.from} · ${t(`devices.${entry.stream}`)}`), h("span", {}, `${t("quarantine.count")}: ${number(entry.count)}`),
        h("span", {}, `${t("quarantine.first")}: ${moment(entry.first)}`), h("span", {}, `${t("quarantine.last")}: ${moment(entry.last)}`)),
      ...(entry.size ? [h("details", {}, h("summary", {}, `${t("quarantine.raw")} (${bytes(entry.size)})`), h("pre", {}, h("code", {}, entry.raw)))] : []),
      ...(entry.status === "open" ? [h("div.task-do", {}, ...(start.may_change
        ? [replay, twice(h("button.button.plain", {}, t("quarantine.discard")), t("quarantine.discard_sure"), settle("discard", "discarded", "quarantine.discarded"))]
        : [h("a.button.plain", { href: `/login?next=${encodeURIComponent(location.pathname)}` }, t("devices.sign_in"))]))] : []));
  };
  draw();
  return card;
}

$("#entries").replaceChildren(...(entries.length ? entries.map(entryCard) : [h("p.panel.dim", {}, t("quarantine.none"))]));
everySecond();
