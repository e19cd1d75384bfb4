// Builds and changes elements; text always goes in as text, never as markup.

export const $ = (selector, root = document) => root.querySelector(selector);

/** h("a.card", {href: "/"}, "text", child): an element with classes, attributes and children. */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  return fill(element, attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  return fill(element, attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** One of the drawn shapes; with a label it is an image for screen readers, otherwise decoration. */
export function icon(name, label = "", classes = "icon") {
  const use = svg("use", { href: `#s-${name}` });
  const picture = svg("svg", { class: classes, ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) }, use);
  if (label) picture.append(svg("title", {}, label));
  return picture;
}

/** Sets a text only where it differs: no layout work for what stays. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}
