// Controls lower than 44 px where they can be touched. Links inside running text are exempt (WCAG 2.5.5), and a target
// may be larger than it looks: its ::after reaches beyond its edge.
() => [...document.querySelectorAll("a, button, select, input:not([type=hidden]), summary")]
  .filter((element) => element.checkVisibility() && !element.closest(".skip, p, td, .banner"))
  .map((element) => {
    const after = getComputedStyle(element, "::after");
    const reach = after.content === "none" ? 0 : -2 * Math.min(0, parseFloat(after.top) || 0);
    return [element.className || element.tagName, element.textContent.trim().slice(0, 20), element.getBoundingClientRect().height + reach];
  })
  .filter(([, , height]) => height < 43.5)
