// Editing a school by hand: sections, and how every edit is told first, applied, and taken back.

import { $, h, put } from "./dom.js";
import { ask, clearErrors, inWords, reasonOf, showError } from "./forms.js";
import { everySecond } from "./live.js";
import { showBells } from "./school_bells.js";
import { showCalendar } from "./school_calendar.js";
import { showChanges } from "./school_changes.js";
import { showLimits } from "./school_limits.js";
import { showRooms } from "./school_rooms.js";
import { toast } from "./send.js";
import { start, t } from "./speech.js";

export const registry = JSON.parse($("#registry-data").textContent);
export const state = { hand: JSON.parse($("#hand-data").textContent) };
export const here = `/api/v1/schools/${start.school}`;
const PARTS = { changes: showChanges, calendar: showCalendar, bells: showBells, rooms: showRooms, limits: showLimits };

/** Tells what an edit would do; then, if a person says so, does it. True when it was done. */
export async function propose(edit, form) {
  if (!start.may_change) {
    location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    return false;
  }
  clearErrors(form);
  const found = await ask(`${here}/edits/preview?${new URLSearchParams({ edit: JSON.stringify(edit) })}`);
  if (!found.ok) {
    showError(form, found);
    return false;
  }
  if (!(await agreed(found.data))) return false;
  const done = await ask(`${here}/edits`, { ...edit, anyway: found.data.clashes.length > 0 }, "POST");
  if (!done.ok) {
    showError(form, done);
    return false;
  }
  told(done.data);
  await refresh();
  return true;
}

function agreed({ words, clashes }) {
  const dialog = $("#propose");
  $("#propose-words").replaceChildren(...words.map((one) => h("li", {}, inWords(one))));
  const against = $("#propose-clashes");
  against.hidden = !clashes.length;
  against.replaceChildren(h("b", {}, t("school.clashes")), h("ul", {}, ...clashes.map((one) => h("li", {}, inWords(one)))));
  put($("#propose-apply"), t(clashes.length ? "school.apply_anyway" : "school.apply"));
  $("#propose-apply").classList.toggle("sure", clashes.length > 0);
  dialog.showModal();
  return new Promise((resolve) => {
    let said = false;
    $("#propose-apply").onclick = () => { said = true; dialog.close(); };
    $("#propose-cancel").onclick = () => dialog.close();
    dialog.onclose = () => resolve(said);
  });
}

function told(done) {
  if (done.status === "unchanged") {
    toast(t("school.unchanged"));
    return;
  }
  const bar = $("#undo-bar");
  put($("span", bar), `${t("school.applied")}: ${done.words.map(inWords).join("; ")}`);
  bar.hidden = false;
  $("button", bar).onclick = async () => {
    const undone = await ask(`/api/v1/imports/${done.import_id}/undo`, {}, "POST");
    bar.hidden = true;
    toast(undone.ok ? t("school.undone") : t("form.failed", { reason: reasonOf(undone) }), !undone.ok);
    await refresh();
  };
}

/** What was set by hand, as it is now. */
export async function refresh() {
  const found = await ask(`${here}/edits`);
  if (found.ok) state.hand = found.data;
  for (const name of ["changes", "calendar", "bells"]) PARTS[name]($(`#${name}-panel`));
}

function choose() {
  const wanted = location.hash.slice(1) in PARTS ? location.hash.slice(1) : "changes";
  for (const name of Object.keys(PARTS)) {
    $(`#${name}-panel`).hidden = name !== wanted;
    $(`#tab-${name}`).setAttribute("aria-selected", String(name === wanted));
  }
}

for (const [name, show] of Object.entries(PARTS)) show($(`#${name}-panel`));
addEventListener("hashchange", choose);
choose();
everySecond();
