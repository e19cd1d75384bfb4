// Sends changes to the hub with the session's token, and tells what came of them.

import { $, put } from "./dom.js";
import { start, t } from "./speech.js";

let hiding;

/** A short message at the foot of the page. */
export function toast(text, bad = false) {
  const place = $("#toast");
  put(place, text);
  place.classList.toggle("bad", bad);
  place.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => place.classList.remove("shown"), bad ? 9000 : 4000);
}

/** Sends `body`; true when it was done. Signed out, the reader is sent to sign in and back here. */
export async function send(path, body = {}, method = "POST") {
  if (!start.may_change) {
    location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    return false;
  }
  let answer;
  try {
    answer = await fetch(path, { method, headers: { "content-type": "application/json", "x-csrf-token": start.csrf }, body: JSON.stringify(body) });
  } catch {
    toast(t("form.failed", { reason: t("form.offline") }), true);
    return false;
  }
  if (answer.ok) return true;
  if (answer.status === 401) location.reload();
  const problem = await answer.json().catch(() => null);
  toast(t("form.failed", { reason: problem?.detail?.[start.language] ?? answer.status }), true);
  return false;
}

/** A button that asks once more in its own place: two presses, no dialogue. */
export function twice(button, sure, action) {
  const label = button.textContent;
  let armed = null;
  const calm = () => {
    clearTimeout(armed);
    armed = null;
    button.classList.remove("sure");
    put(button, label);
  };
  button.addEventListener("click", async () => {
    if (armed === null && start.may_change) { // signed out, the first press already leads to signing in
      put(button, sure);
      button.classList.add("sure");
      armed = setTimeout(calm, 6000);
      return;
    }
    calm();
    button.disabled = true;
    await action();
    button.disabled = false;
  });
  return button;
}
