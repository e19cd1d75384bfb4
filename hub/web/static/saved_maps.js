// How the school's spreadsheets are read, as somebody said once: shown, and deleted where it was wrong.

import { $, h } from "./dom.js";
import { send, toast, twice } from "./send.js";
import { start, t } from "./speech.js";

let maps = JSON.parse($("#maps-data").textContent);

function row(map) {
  const columns = Object.entries(map.columns).map(([target, header]) => `${t(`imports.target_${target}`)}: ${[header].flat().join(" | ")}`).join(" · ");
  const drop = twice(h("button.button.plain", { type: "button" }, t("imports.map_drop")), t("imports.map_drop_sure"), async () => {
    if (!(await send(`/api/v1/schools/${start.school}/column-maps/${map.kind}`, {}, "DELETE"))) return;
    maps = maps.filter((one) => one.kind !== map.kind);
    draw();
    toast(t("imports.map_dropped"));
  });
  return h("article.import-line", {}, h("div.import-text", {}, h("b", {}, t(`imports.map_${map.kind}`)), h("p.dim.small.meta-line", {}, columns)), drop);
}

function draw() {
  $("#maps-section").hidden = !maps.length;
  $("#maps").replaceChildren(...maps.map(row));
}

draw();
