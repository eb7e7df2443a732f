/** Says what a router, a site or a line is, and shows what is joined to it. */
class Explainer {
  static MOST = 8; // lines of a node that are told

  #host;
  #box;
  #shown = null;
  #hiding = 0;

  constructor(host, box) {
    this.#host = host;
    this.#box = box;
    // an image is one thing to a screen reader, a group has things in it
    for (const svg of host.querySelectorAll("svg")) svg.setAttribute("role", "group");
    for (const thing of host.querySelectorAll("[data-node], [data-line]")) takeTitle(thing);
    for (const node of host.querySelectorAll(".node[data-node]")) {
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "img");
      node.setAttribute("aria-label", node.querySelector("text")?.textContent ?? node.dataset.node);
    }
    for (const wire of host.querySelectorAll(".line[data-line] .wire")) widen(wire);
    document.addEventListener("pointerover", (event) => this.#over(event));
    document.addEventListener("pointerout", (event) => this.#out(event));
    host.addEventListener("pointerdown", (event) => this.#thing(event.target) || this.hide());
    host.addEventListener("focusin", (event) => this.show(this.#thing(event.target)));
    host.addEventListener("focusout", () => this.hide());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  /** Explain a node or a line. */
  show(thing) {
    clearTimeout(this.#hiding);
    if (!thing || thing === this.#shown) return;
    this.hide();
    this.#shown = thing;
    const { nodes, lines } = joined(thing);
    for (const part of [...nodes, ...lines, ...labelsOf(thing.ownerSVGElement, lines)]) {
      part.classList.add("lit");
    }
    thing.ownerSVGElement.classList.add("picking");
    this.#write(thing, lines);
    this.#box.hidden = false;
    this.#place(thing);
  }

  /** Explain nothing. */
  hide() {
    clearTimeout(this.#hiding);
    const svg = this.#shown?.ownerSVGElement;
    svg?.classList.remove("picking");
    for (const part of svg?.querySelectorAll(".lit") ?? []) part.classList.remove("lit");
    this.#shown = null;
    this.#box.hidden = true;
  }

  #over(event) {
    const thing = this.#thing(event.target);
    if (this.#host.classList.contains("dragged")) this.hide();
    else if (thing) this.show(thing);
    else if (this.#box.contains(event.target)) clearTimeout(this.#hiding); // to read or copy it
  }

  #out(event) {
    const isOurs = this.#box.contains(event.target) || this.#thing(event.target) === this.#shown;
    if (!isOurs || event.pointerType === "touch") return; // a finger leaves whatever it touches
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.hide(), 150);
  }

  #thing(target) {
    const found = target.closest?.(".node[data-node], .line[data-line], .label[data-for]");
    if (!found || !this.#host.contains(found)) return null;
    return found.dataset.for === undefined ? found : lineOf(found);
  }

  #write(thing, lines) {
    const about = document.createElement("p");
    about.textContent = thing.dataset.about;
    this.#box.replaceChildren(about);
    if (!thing.matches(".node") || !lines.length) return;
    const list = document.createElement("ul");
    const told = lines.slice(0, Explainer.MOST).map((line) => line.dataset.about);
    if (lines.length > told.length) told.push(`and ${lines.length - told.length} more`);
    for (const text of told) {
      const item = document.createElement("li");
      item.textContent = text;
      list.append(item);
    }
    this.#box.append(list);
  }

  /** Beside what it is about, never over it: below, above, right or left, whichever has the room. */
  #place(thing) {
    const at = thing.getBoundingClientRect();
    const { width, height } = this.#box.getBoundingClientRect();
    const within = (place, size, all) => Math.max(8, Math.min(place, all - size - 8));
    const across = within(at.left + at.width / 2 - width / 2, width, innerWidth);
    const down = within(at.top, height, innerHeight);
    const places = [
      { left: across, top: at.bottom + 10, room: innerHeight - at.bottom - height - 18 },
      { left: across, top: at.top - height - 10, room: at.top - height - 18 },
      { left: at.right + 10, top: down, room: innerWidth - at.right - width - 18 },
      { left: at.left - width - 10, top: down, room: at.left - width - 18 },
    ];
    const most = places.reduce((best, each) => (each.room > best.room ? each : best));
    const { left, top } = places.find(({ room }) => room >= 0) ?? most;
    this.#box.style.left = `${within(left, width, innerWidth)}px`;
    this.#box.style.top = `${within(top, height, innerHeight)}px`;
  }
}

/** What a thing is joined to: a node's lines and their other ends; a line's ends; a way whole. */
function joined(thing) {
  const svg = thing.ownerSVGElement;
  const all = [...svg.querySelectorAll(".line[data-line]")];
  const { node, way } = thing.dataset;
  const isOn = (line) =>
    node === undefined
      ? line === thing || (way !== undefined && line.dataset.way === way)
      : line.dataset.a === node || line.dataset.b === node;
  const lines = all.filter(isOn);
  const names = new Set(lines.flatMap((line) => [line.dataset.a, line.dataset.b]));
  const nodes = [...svg.querySelectorAll(".node[data-node]")].filter((n) => names.has(n.dataset.node));
  return { nodes: node === undefined ? nodes : [thing, ...nodes], lines };
}

function labelsOf(svg, lines) {
  const all = [...svg.querySelectorAll(".label[data-for]")];
  return all.filter((label) => lines.includes(lineOf(label)));
}

/** The line that a label stands on: lines of other kinds may have the same name. */
function lineOf(label) {
  const name = `[data-line="${CSS.escape(label.dataset.for)}"]`;
  const isWay = label.classList.contains("way") ? ".way" : ":not(.way)";
  return label.ownerSVGElement.querySelector(`.line${isWay}${name}`);
}

/** Keep what a thing's title says, but do not let the browser show it too. */
function takeTitle(thing) {
  const title = thing.querySelector(":scope > title");
  thing.dataset.about = title?.textContent ?? "";
  title?.remove();
}

/** Give a thin line a wide one that a pointer meets. */
function widen(wire) {
  const wide = wire.cloneNode();
  wide.setAttribute("class", "hit");
  wide.setAttribute("stroke-width", "18");
  wire.parentNode.insertBefore(wide, wire);
}
