// Finding oneself among the teachers: the list is there without this script, which only narrows it.

import { $ } from "./dom.js";
import { everySecond } from "./live.js";
import { folded } from "./picker.js";

const links = [...document.querySelectorAll("#teachers li")];
$("#find")?.addEventListener("input", (event) => {
  const wanted = folded(event.target.value.trim());
  for (const one of links) one.hidden = !folded(one.textContent).includes(wanted);
  $("#none").hidden = links.some((one) => !one.hidden);
});
everySecond();
