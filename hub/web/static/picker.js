// Chooses a room, a class or a teacher: three lists with one search.

import { $, h, put } from "./dom.js";
import { t } from "./speech.js";

const MOST = 300;
/** Without marks and case: "Đỗ" is found by "do". */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();

export class Picker {
  /** `directory` has [id, name] lists by side; `address` makes a link from changed parameters. */
  constructor(directory, week, address) {
    Object.assign(this, { directory, week, address, side: week?.side ?? "room" });
    this.box = $("#picker");
    for (const button of $("#sides").children) button.addEventListener("click", () => this.#show(button.dataset.side));
    $("#find").addEventListener("input", () => this.#list());
    $("#find").addEventListener("keydown", (event) => {
      const first = $("#choices a");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "ArrowDown" && first) first.focus();
    });
    this.box.addEventListener("toggle", () => this.box.open && $("#find").focus());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#close(true));
    document.addEventListener("click", (event) => {
      for (const open of document.querySelectorAll("details.picker[open]")) if (!open.contains(event.target)) open.open = false;
    });
    this.#show(this.side);
  }

  #close(focus) {
    for (const open of document.querySelectorAll("details.picker[open]")) {
      open.open = false;
      if (focus) $("summary", open).focus();
    }
  }

  #show(side) {
    this.side = side;
    for (const button of $("#sides").children) button.setAttribute("aria-pressed", String(button.dataset.side === side));
    this.#list();
  }

  #list() {
    const wanted = folded($("#find").value.trim());
    const all = this.directory[this.side] ?? [];
    const fitting = all.filter(([, name]) => folded(name).includes(wanted));
    const links = fitting.slice(0, MOST).map(([id, name]) => h("li", {}, h("a", {
      href: this.address({ room: null, class: null, teacher: null, [this.side]: id }),
      "aria-current": this.week?.side === this.side && this.week.id === id ? "true" : null,
    }, name)));
    $("#choices").replaceChildren(...links);
    if (!links.length) {
      const none = h("li.none");
      put(none, t(all.length ? "timetable.none_fits" : `timetable.none_${this.side}`));
      $("#choices").append(none);
    }
  }
}
