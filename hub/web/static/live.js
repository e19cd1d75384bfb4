// The live copy of a board: starts from the page's own data, follows the stream, and says when the stream is lost.

import { $, put } from "./dom.js";
import { clock, clockSeconds, hubSaid, longDate, now, start, t } from "./speech.js";

const LOST_AFTER_MS = 4000; // a reconnection shorter than this is not worth a banner
const SILENT_AFTER_MS = 25000; // the hub says something every 10 s

export class Live {
  /** `changed(keys)` is called once a frame with the keys of items that differ; `null` means all of them. */
  constructor(kind, changed, query = {}) {
    const first = JSON.parse(document.getElementById("board").textContent);
    this.kind = kind;
    this.query = query;
    this.changed = changed;
    this.items = new Map(Object.entries(first.all));
    this.mark = first.id;
    this.heard = Date.now();
    this.brokenSince = null;
    this.waiting = new Set();
    this.source = null;
    document.addEventListener("visibilitychange", () => this.#follow());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", () => this.#follow());
    setInterval(() => this.#watch(), 1000);
    this.#follow();
  }

  get lost() {
    return this.brokenSince !== null && Date.now() - this.brokenSince > LOST_AFTER_MS;
  }

  under(prefix) {
    return [...this.items].filter(([key]) => key.startsWith(prefix)).map(([, item]) => item);
  }

  // Hidden tabs give their connection back: a browser has six for each server.
  #follow() {
    if (document.hidden) return this.#close();
    if (this.source) return undefined;
    const query = new URLSearchParams({ ...this.query, since: this.mark, ...(start.school ? { school: start.school } : {}) });
    const source = new EventSource(`/live/${this.kind}?${query}`);
    source.onmessage = (event) => this.#take(JSON.parse(event.data));
    source.addEventListener("beat", (event) => this.#alive(JSON.parse(event.data).at));
    source.onerror = () => this.#broken(source);
    this.source = source;
    this.heard = Date.now();
    return undefined;
  }

  #close() {
    this.source?.close();
    this.source = null;
  }

  #broken(source) {
    this.brokenSince ??= Date.now();
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    this.#close();
    setTimeout(() => this.#follow(), 3000);
    // Signed out meanwhile? The page itself knows where to send its reader.
    fetch(location.href, { method: "HEAD", redirect: "manual" }).then((answer) => answer.type === "opaqueredirect" && location.reload(), () => {});
  }

  #alive(at) {
    hubSaid(at);
    this.heard = Date.now();
    this.brokenSince = null;
  }

  #take(message) {
    this.#alive(message.at);
    this.mark = message.id;
    if (message.all) {
      this.items = new Map(Object.entries(message.all));
      this.#soon(null);
      return;
    }
    for (const [key, change] of Object.entries(message.set)) {
      const known = this.items.get(key);
      if (known) Object.assign(known, change);
      else this.items.set(key, change);
      this.#soon(key);
    }
    for (const [key, item] of Object.entries(message.put ?? {})) {
      this.items.set(key, item);
      this.#soon(key);
    }
    for (const key of message.gone) {
      this.items.delete(key);
      this.#soon(key);
    }
  }

  #soon(key) {
    if (!this.waiting.size) requestAnimationFrame(() => {
      const keys = this.waiting.has(null) ? null : [...this.waiting];
      this.waiting.clear();
      this.changed(keys);
    });
    this.waiting.add(key);
  }

  #watch() {
    if (this.source && Date.now() - this.heard > SILENT_AFTER_MS) {
      this.brokenSince ??= this.heard;
      this.#close();
      this.#follow();
    }
    const banner = $("#lost");
    if (this.lost && banner.hidden) put(banner, t("push.lost", { t: clock(now() - (Date.now() - this.brokenSince)) }));
    if (banner.hidden === this.lost) banner.hidden = !this.lost;
    document.body.classList.toggle("cut", this.lost);
  }
}

/** Between two bell periods: that people sit in their rooms without a lesson is no news then. */
export function inBreak(live) {
  const { now: running, next, open } = live.items.get("period");
  return running === null && next !== null && open;
}

/** The clock in the header, and whatever else counts seconds. */
export function everySecond(action) {
  const tick = () => {
    const place = $("#clock");
    if (place) {
      put(place.firstElementChild, clockSeconds(now()));
      put(place.lastElementChild, longDate(now()));
    }
    action?.();
    setTimeout(tick, 1000 - (now() % 1000));
  };
  tick();
}
