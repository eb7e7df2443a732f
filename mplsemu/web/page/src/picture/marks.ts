/** Live marks on the provider's picture: links that are down or being changed, and loads. */

import { metric, percent, rate, shortRate } from "../format";
import type { Facts } from "../live/lab";
import type { Drawing } from "./svg";

type Loads = Readonly<Record<string, readonly [number, number]>>;

const QUIET_BPS = 1000; // a smaller load is not written
const LEVELS = [0.001, 0.5, 0.75, 0.9];
const WIDER = 1.2; // px for each step

/** Busier direction of a link, in bit/s. */
export function busier(loads: Loads, link: string): number {
  return Math.max(...(loads[link] ?? [0, 0]));
}

/** The state of lines, for as long as one drawing is shown. */
export class Marks {
  readonly #lines = new Map<string, SVGGElement[]>();
  readonly #texts = new Map<string, SVGTextElement>();

  constructor(
    drawing: Drawing,
    private readonly facts: Facts,
  ) {
    for (const line of drawing.viewport.querySelectorAll<SVGGElement>("g.line[data-line]")) {
      const name = line.dataset.line ?? "";
      if (line.classList.contains("way") || !(facts.links.has(name) || facts.circuits.has(name)))
        continue;
      this.#lines.set(name, [...(this.#lines.get(name) ?? []), line]);
    }
    for (const text of drawing.viewport.querySelectorAll<SVGTextElement>("text.load")) {
      this.#texts.set(text.dataset.for ?? "", text);
    }
  }

  /** Show what is down and what is being cut or mended. */
  state(down: ReadonlySet<string>, pending: ReadonlyMap<string, boolean>): void {
    for (const [name, lines] of this.#lines) {
      for (const line of lines) {
        line.classList.toggle("down", down.has(name));
        line.classList.toggle("pending", pending.has(name));
        if (line.hasAttribute("role")) {
          line.setAttribute("aria-label", lineFacts(this.facts, name, down, {}));
        }
      }
    }
  }

  /** Show how loaded every link is. */
  load(loads: Loads, down: ReadonlySet<string>): void {
    for (const [name, lines] of this.#lines) {
      const bps = down.has(name) ? 0 : busier(loads, name);
      const share = bps / (this.facts.links.get(name)?.bandwidth_bps ?? Infinity);
      for (const line of lines) setLevel(line, level(share));
      const text = this.#texts.get(name);
      const words = down.has(name) ? "down" : loadText(bps);
      if (text && text.textContent !== words) text.textContent = words;
      text?.classList.toggle("bad", down.has(name));
    }
  }
}

/** A load as it is written on its link; a very small one is not. */
function loadText(bps: number): string {
  return bps < QUIET_BPS ? "" : shortRate(bps);
}

/** 0 idle, 1 used, 2 half full, 3 nearly full, 4 full: the same levels as in pictures in files. */
export function level(share: number): number {
  return LEVELS.filter((limit) => share >= limit).length;
}

function setLevel(line: SVGGElement, now: number): void {
  const before = Number(line.dataset.load ?? 0);
  if (before === now) return;
  line.dataset.load = String(now);
  const wire = line.querySelector(".wire");
  const width = Number(wire?.getAttribute("stroke-width") ?? 2);
  wire?.setAttribute("stroke-width", String(width + (now - before) * WIDER));
}

/** One sentence about a link or circuit as it is now. */
export function lineFacts(
  facts: Facts,
  name: string,
  down: ReadonlySet<string>,
  loads: Loads,
): string {
  const is = down.has(name) ? "down" : "up";
  const link = facts.links.get(name);
  if (!link) return `Line of site ${name}: ${is}`;
  const words = [`Link ${name}: ${is}`, rate(link.bandwidth_bps)];
  if (link.metric !== null) words.push(`metric ${metric(link.metric)}`);
  if (link.delay_ms) words.push(`delay ${link.delay_ms} ms`);
  if (link.jitter_ms) words.push(`jitter ${link.jitter_ms} ms`);
  if (link.loss_percent) words.push(`loss ${link.loss_percent} %`);
  const bps = busier(loads, name);
  if (!down.has(name) && bps >= QUIET_BPS) {
    words.push(`load ${rate(bps)} (${percent(bps / link.bandwidth_bps)})`);
  }
  return words.join(", ");
}
