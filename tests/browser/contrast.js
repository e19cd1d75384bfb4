// Every text against the surface beneath it, by the WCAG formula. Mixed colours come as "color(srgb r g b)".
() => {
  const parse = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    const scale = text.startsWith("color") ? 255 : 1;
    return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts[3] ?? 1];
  };
  const channel = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const leftOut = "script, noscript, .sr, .skip, .sprite, .toast, option, svg";
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest(leftOut) || !element.checkVisibility() || element.disabled) continue;
    let surface = [255, 255, 255, 1];
    for (let under = element; under; under = under.parentElement) {
      const background = parse(getComputedStyle(under).backgroundColor);
      if (background[3] >= 0.95) {
        surface = background;
        break;
      }
    }
    const [light, dark] = [luminance(parse(getComputedStyle(element).color)), luminance(surface)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.push([element.className || element.tagName, text.slice(0, 30), ratio.toFixed(2)]);
  }
  return found;
}
