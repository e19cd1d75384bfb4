// A list whose elements outlive their data.

/** Elements stay where they are (and keep focus and open forms) while their data changes. */
export class List {
  constructor(place, build) {
    Object.assign(this, { place, build, parts: new Map() });
  }

  show(items) {
    const wanted = new Set(items.map(([key]) => key));
    for (const [key, part] of this.parts) if (!wanted.has(key)) {
      part.element.remove();
      this.parts.delete(key);
    }
    items.forEach(([key, item], at) => {
      if (!this.parts.has(key)) this.parts.set(key, this.build(item));
      const part = this.parts.get(key);
      if (this.place.children[at] !== part.element) this.place.insertBefore(part.element, this.place.children[at] ?? null);
      part.draw(item);
    });
  }
}
