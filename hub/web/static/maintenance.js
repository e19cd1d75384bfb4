// A room's maintenance: marked now, ended, or told afterwards with its times; wrong times are said beside the field.

import { $, h } from "./dom.js";
import { ask, clearErrors, reasonOf, showError } from "./forms.js";
import { send, toast, twice } from "./send.js";
import { clock, longDate, start, t } from "./speech.js";

let path = "";
let running = null; // as drawn last

/** Which of the two buttons stands there; what began or ended since is asked for. */
export function drawMaintenance(is) {
  const was = running;
  running = is;
  if (was !== null && was !== is && $("#works").open) list();
  if (!$("#maintain")) return;
  $("#maintain-end").hidden = !is;
  $("#maintain-start").hidden = is;
  $("#maintain label").hidden = is;
}

export function prepareMaintenance(uid) {
  path = `/api/v1/rooms/${uid}/maintenance`;
  $("#works").addEventListener("toggle", () => $("#works").open && list());
  $("#maintain")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await send(path, { note: event.target.note.value })) toast(t("wall.maintenance"));
  });
  $("#maintain-end")?.addEventListener("click", async () => (await send(`${path}/end`)) && toast(t("room.maintenance_ended")));
  $("#work")?.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(event.target);
  });
}

async function tell(form) {
  clearErrors(form);
  const { from, to, note } = Object.fromEntries(new FormData(form));
  if (to <= from) return showError(form, { data: { field: "to", detail: { [start.language]: t("room.work_backwards") } } });
  const button = $("button", form);
  button.disabled = true;
  const done = await ask(path, { from, to, note }, "POST");
  button.disabled = false;
  if (!done.ok) return showError(form, done);
  form.reset();
  toast(t("room.work_added"));
  return list();
}

async function list() {
  const place = $("#work-list");
  const found = await ask(path);
  if (!found.ok) {
    place.replaceChildren(h("li.field-error", {}, t("room.works_failed", { reason: reasonOf(found) })));
    return;
  }
  place.replaceChildren(...(found.data.length ? found.data.map(line) : [h("li.dim", {}, t("room.works_none"))]));
}

function line(one) {
  const [from, to] = [one.from, one.to].map(Date.parse);
  const day = longDate(from); // with its year: the list goes back as far as the school's data
  const when = one.to === null ? t("room.work_open", { a: `${day} ${clock(from)}` })
    : t("room.work_span", { a: `${day} ${clock(from)}`, b: longDate(to) === day ? clock(to) : `${longDate(to)} ${clock(to)}` });
  const remove = start.may_change ? twice(h("button.button.plain", { type: "button" }, t("room.work_remove")), t("room.work_remove_sure"), () => takeBack(one.id)) : null;
  return h("li", {}, h("span.what", {}, h("b", {}, when), h("span.dim", {}, one.note || t("room.work_unnamed"))), remove);
}

async function takeBack(id) {
  if (!(await send(`${path}/${id}`, {}, "DELETE"))) return;
  toast(t("room.work_removed"));
  await list();
  $("#works summary").focus(); // the button that had it is gone
}
