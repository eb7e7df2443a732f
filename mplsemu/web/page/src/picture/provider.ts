/** Prepares the provider's picture for the page, on which its state changes. */

import type { Facts } from "../live/lab";
import { type Drawing, draw } from "./svg";

const SITE = "site "; // before a circuit's name, in keys of sites and of their lines

/** Name sites and their lines by their circuits, and make the lines selectable. */
export function offerCircuits({ viewport }: Drawing, facts: Facts): void {
  for (const key of ["node", "line", "a", "b"]) {
    for (const part of viewport.querySelectorAll<SVGGElement>(`[data-${key}^="${SITE}"]`)) {
      const name = (part.dataset[key] ?? "").slice(SITE.length);
      if (facts.circuits.has(name)) part.dataset[key] = name;
    }
  }
  for (const line of viewport.querySelectorAll<SVGGElement>("g.access[data-line]")) {
    const wire = line.querySelector(".wire");
    if (!wire || !facts.circuits.has(line.dataset.line ?? "")) continue;
    line.setAttribute("role", "button");
    line.setAttribute("tabindex", "0");
    line.prepend(
      draw("path", { class: "hit", d: wire.getAttribute("d") ?? "", "stroke-width": 18 }),
    );
  }
}

/** Draw loads above everything else; they are not part of a link's accessible name. */
export function liftLoads({ viewport }: Drawing): void {
  const group = draw("g", { class: "scene loads", "aria-hidden": "true" });
  for (const text of viewport.querySelectorAll<SVGTextElement>(".lines text.load")) {
    text.dataset.for = text.closest<SVGGElement>("[data-line]")?.dataset.line ?? "";
    group.append(text);
  }
  viewport.append(group);
}

/** Remove what was true when the picture was drawn: the page itself shows which links are down. */
export function forgetState({ svg, viewport }: Drawing): void {
  for (const words of viewport.querySelectorAll(".momentary")) words.remove();
  const { momentary } = svg.dataset;
  if (!momentary) return;
  svg.setAttribute("aria-label", (svg.getAttribute("aria-label") ?? "").replace(momentary, ""));
  delete svg.dataset.momentary;
}
