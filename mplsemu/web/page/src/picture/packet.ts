/** A packet on the picture, with all its copies where it is flooded. */

import type { Walk } from "../live/walk";
import { Flight, shapeOf, wireLine } from "./flight";
import type { Stage } from "./stage";
import { draw } from "./svg";

const WALK_BAR = 72; // px, with what is around it

export class PacketView {
  readonly #way = draw("g", { class: "packet-way", "aria-hidden": "true" });
  /** The one that the table is about is the last, so that it is drawn over the others. */
  readonly #flights: readonly Flight[];
  readonly #stop: () => void;

  constructor(
    private readonly stage: Stage,
    private readonly walk: Walk,
  ) {
    const viewport = stage.drawing?.viewport;
    const { steps, others, payload } = walk;
    this.#flights = [
      ...others.map((each) => new Flight(stage, each, payload, "packet copy")),
      new Flight(stage, steps, payload, "packet"),
    ];
    this.#way.append(...this.#otherWays(), ...this.#flights.map(({ way }) => way));
    viewport?.insertBefore(this.#way, viewport.querySelector(":scope > .nodes"));
    viewport?.append(...this.#flights.map(({ packet }) => packet));
    stage.host.classList.add("tracing");
    this.#stop = stage.onMove(() => this.#flights.forEach((each) => each.place()));
  }

  /** Take the packet off the picture. */
  remove(): void {
    this.#stop();
    this.#way.remove();
    this.#flights.forEach(({ packet }) => packet.remove());
    this.stage.host.classList.remove("tracing");
  }

  /** Bring the whole path into view, above the bar with the steps. */
  reveal(): void {
    if (this.#way.querySelector("path")) this.stage.reveal(this.#way, WALK_BAR);
  }

  /** Whether a copy goes along a line of this picture in a step. */
  moves(index: number): boolean {
    return this.#flights.some((each) => each.moves(index));
  }

  /** Show the packet in a step, at a share of its line. */
  show(index: number, share: number): void {
    const seen = new Set<string>();
    for (const each of this.#flights.toReversed()) {
      each.show(index, share);
      // copies that still go together are one packet
      const where = each.whereIn(index);
      each.packet.classList.toggle("same", seen.has(where));
      seen.add(where);
    }
  }

  /** Lines that the packet may take, but not on the path that is shown. */
  #otherWays(): SVGPathElement[] {
    const shown = [this.walk.steps, ...this.walk.others].flat();
    const taken = new Set(shown.map((step) => step.line));
    const links = this.walk.ways.flatMap((way) => way.hops.map((hop) => hop.link));
    return [...new Set(links)].flatMap((link) => {
      if (link === null || taken.has(link)) return [];
      const wire = wireLine(this.stage, link)?.querySelector<SVGPathElement>("path.wire");
      return wire ? [draw("path", { class: "other", d: shapeOf(wire), fill: "none" })] : [];
    });
  }
}
