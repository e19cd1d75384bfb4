// Forms that say beside each field what is wrong with it, and the questions they put to the hub.

import { h } from "./dom.js";
import { start, t } from "./speech.js";

/** Asks the hub; `{ok, status, data}`, and never throws. */
export async function ask(path, body = null, method = "GET") {
  const options = body === null ? { method } : { method, body: JSON.stringify(body) };
  options.headers = { "content-type": "application/json", "x-csrf-token": start.csrf };
  try {
    const answer = await fetch(path, options);
    if (answer.status === 401) location.reload();
    return { ok: answer.ok, status: answer.status, data: await answer.json().catch(() => null) };
  } catch {
    return { ok: false, status: 0, data: null };
  }
}

export const inWords = (words) => words[start.language];
export const reasonOf = (answer) => answer.data?.detail?.[start.language] ?? (answer.status ? String(answer.status) : t("form.offline"));

/** A labelled control; `control` has a name. */
export function field(label, control, hint = "") {
  return h("label.field", {}, h("span", {}, label), control, hint ? h("small.dim", {}, hint) : null);
}

export function options(pairs, empty = null) {
  const found = pairs.map(([value, name]) => h("option", { value }, name));
  return empty === null ? found : [h("option", { value: "" }, empty), ...found];
}

export function clearErrors(form) {
  for (const old of form.querySelectorAll(".field-error")) old.remove();
  for (const one of form.querySelectorAll("[aria-invalid]")) {
    one.removeAttribute("aria-invalid");
    one.removeAttribute("aria-describedby");
  }
}

/** What is wrong, beside the field it is about; elsewhere at the foot. */
export function showError(form, answer) {
  const name = answer.data?.field ?? "";
  const control = form.elements.namedItem(name) ?? form.querySelector(`[name="${CSS.escape(name)}"]`);
  const text = h("p.field-error", { id: `error-${name || "form"}`, role: "alert" }, reasonOf(answer));
  if (control instanceof HTMLElement) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", text.id);
    control.closest(".field").append(text);
    control.focus();
  } else form.append(text);
}
