/** One copy of a packet on the picture: its path, its position, and its label stack as boxes. */

import type { Step } from "../live/walk";
import type { Stage } from "./stage";
import { draw } from "./svg";

interface Place {
  x: number;
  y: number;
}

interface Leg {
  path: SVGPathElement | null;
  isReversed: boolean;
  /** Where the packet is if there is no line to go along. */
  at: Place;
}

const BOX = { width: 74, height: 21, gap: 2 };

export class Flight {
  /** The lines that it takes. */
  readonly way = draw("g", {});
  readonly packet: SVGGElement;
  readonly #legs: Leg[];
  #at: Place = { x: 0, y: 0 };
  readonly #isCopy: boolean; // then its stack is below, as that of the first copy is above
  #isSteep = false; // the line where the packet is: then its stack is beside it, not above

  /** `kind` is a class of CSS. */
  constructor(
    private readonly stage: Stage,
    private readonly steps: readonly Step[],
    private readonly payload: string,
    kind: "packet" | "packet copy",
  ) {
    this.#isCopy = kind !== "packet";
    this.packet = draw("g", { class: kind, "aria-hidden": "true" });
    this.#legs = this.#legsOf(steps);
    this.#legs.forEach((leg, index) => leg.path && this.way.append(copyOf(leg, index)));
  }

  /** Whether a step goes along a line of this picture. */
  moves(index: number): boolean {
    return Boolean(this.#legs[index]?.path);
  }

  /** What distinguishes copies in a step. */
  whereIn(index: number): string {
    const step = this.steps[Math.min(index, this.steps.length - 1)];
    return JSON.stringify([step?.node, step?.line, step?.labels, step?.end]);
  }

  /** Show it in a step, at a share of its line; after its last step it stays where it ended. */
  show(index: number, share: number): void {
    const last = this.steps.length - 1;
    if (index > last) this.#show(last, 1);
    else this.#show(index, share);
  }

  #show(index: number, share: number): void {
    const leg = this.#legs[index];
    const step = this.steps[index];
    if (!leg || !step) return;
    this.#at = leg.path ? pointOn(leg.path, leg.isReversed ? 1 - share : share) : leg.at;
    this.#isSteep = leg.path !== null && isSteepAt(leg.path, leg.isReversed ? 1 - share : share);
    if (this.packet.dataset.step !== String(index)) this.#fill(step, index);
    this.way.querySelectorAll<SVGElement>("[data-leg]").forEach((path) => {
      const number = Number(path.dataset.leg);
      path.classList.toggle("now", number === index);
      path.classList.toggle("ahead", number > index);
    });
    this.place();
  }

  #legsOf(steps: readonly Step[]): Leg[] {
    let at: Place | null = null;
    const legs = steps.map((step): Leg => {
      const line = step.line === null ? null : wireLine(this.stage, step.line);
      const path = line?.querySelector<SVGPathElement>("path.wire") ?? null;
      const isReversed = line !== null && line.dataset.a !== step.node;
      const node = this.stage.find({ node: step.node });
      at = (node && topOf(node)) ?? (path && pointOn(path, isReversed ? 1 : 0)) ?? at;
      const leg = { path, isReversed, at: at ?? { x: NaN, y: NaN } };
      if (path) at = pointOn(path, isReversed ? 0 : 1);
      return leg;
    });
    const first = legs.find((leg) => !Number.isNaN(leg.at.x))?.at ?? { x: 0, y: 0 };
    return legs.map((leg) => (Number.isNaN(leg.at.x) ? { ...leg, at: first } : leg));
  }

  #fill(step: Step, index: number): void {
    this.packet.dataset.step = String(index);
    this.packet.replaceChildren(draw("circle", { class: "dot", r: 7 }), this.#stack(step));
    if (step.end === "lost") {
      this.packet.append(draw("path", { class: "lost", d: "M-9-9L9 9M9-9L-9 9" }));
    }
  }

  /** The label stack, outermost on top, the payload at the bottom. */
  #stack(step: Step): SVGGElement {
    const all = boxesOf(step.labels, this.payload);
    const height = all.length * (BOX.height + BOX.gap);
    const stack = draw("g", { class: "stack" });
    stack.dataset.height = String(height);
    all.forEach((row, index) => {
      const box = draw("g", {
        class: row.kind,
        transform: `translate(0 ${index * (BOX.height + BOX.gap)})`,
      });
      const text = draw("text", { x: BOX.width / 2, y: 15, "text-anchor": "middle" });
      text.textContent = row.text;
      box.append(draw("rect", { width: BOX.width, height: BOX.height, rx: 4 }), text);
      if (row.kind === "service") {
        const bottom = draw("text", {
          class: "bottom",
          x: BOX.width - 7,
          y: 15,
          "text-anchor": "end",
        });
        bottom.textContent = "S";
        box.append(bottom);
      }
      stack.append(box);
    });
    return stack;
  }

  /** Keep its size on the screen at any zoom. */
  place(): void {
    const { x, y } = this.#at;
    const size = 1 / this.stage.scale;
    this.packet.setAttribute("transform", `translate(${x} ${y}) scale(${size})`);
    const stack = this.packet.querySelector<SVGGElement>(".stack");
    if (!stack) return;
    const height = Number(stack.dataset.height);
    const { clientWidth: width, clientHeight } = this.stage.host;
    const [left, top] = stackOffset({
      at: this.#onScreen(),
      stage: { width, height: clientHeight },
      height,
      isCopy: this.#isCopy,
      isSteep: this.#isSteep,
    });
    stack.setAttribute("transform", `translate(${left} ${top})`);
  }

  #onScreen(): Place {
    const matrix = this.stage.drawing?.viewport.getCTM();
    return matrix ? new DOMPoint(this.#at.x, this.#at.y).matrixTransform(matrix) : { x: 0, y: 0 };
  }
}

/** The boxes of a packet: its labels, outermost first, and the payload. */
export function boxesOf(
  labels: readonly number[],
  payload: string,
): { text: string; kind: "transport" | "service" | "payload" }[] {
  const last = labels.length - 1;
  return [
    ...labels.map((label, index) => ({
      text: String(label),
      kind: index === last ? ("service" as const) : ("transport" as const),
    })),
    { text: payload, kind: "payload" },
  ];
}

/** Where a packet is, and what decides on which side of it its stack is drawn. */
export interface Surroundings {
  /** On the screen, in px from the stage's corner. */
  at: Place;
  stage: { width: number; height: number };
  /** Of the stack. */
  height: number;
  /** Copies have theirs below, so that both are seen. */
  isCopy: boolean;
  /** On a steep line the stack is beside the packet. */
  isSteep: boolean;
}

/** The upper left corner of a stack, from the packet: never off the stage where there is room. */
export function stackOffset({ at, stage, height, isCopy, isSteep }: Surroundings) {
  if (isSteep) {
    const isAtEdge = at.x + BOX.width + 24 > stage.width;
    return [isAtEdge ? -14 - BOX.width : 14, -height / 2] as const;
  }
  const isLow = at.y > stage.height - height - 24;
  const isBelow = isCopy ? !isLow : at.y < height + 24;
  return [-BOX.width / 2, isBelow ? 14 : -14 - height] as const;
}

function pointOn(path: SVGPathElement, share: number): Place {
  return path.getPointAtLength(path.getTotalLength() * share);
}

function isSteepAt(path: SVGPathElement, share: number): boolean {
  const [before, after] = [
    pointOn(path, Math.max(share - 0.02, 0)),
    pointOn(path, Math.min(share + 0.02, 1)),
  ];
  return Math.abs(after.y - before.y) > Math.abs(after.x - before.x);
}

/** Where a packet at a router is drawn: on its upper edge, so that the name can be read. */
function topOf(element: SVGGraphicsElement): Place {
  const box = element.getBBox();
  return { x: box.x + box.width / 2, y: box.y };
}

function copyOf(leg: Leg, index: number): SVGPathElement {
  const path = draw("path", { d: shapeOf(leg.path), fill: "none" });
  path.dataset.leg = String(index);
  return path;
}

export function shapeOf(path: SVGPathElement | null): string {
  return path?.getAttribute("d") ?? "";
}

/** The line of this name, not an overlay. */
export function wireLine(stage: Stage, name: string): SVGGElement | null {
  const selector = `.viewport g.line:not(.way)[data-line="${CSS.escape(name)}"]`;
  return stage.host.querySelector(selector);
}
