/** Where a picture is shown: pan, zoom and fit, by mouse, touch and keyboard. */

import { select } from "d3-selection";
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import {
  around,
  asWideAs,
  type Box,
  fitted,
  isReadDownward,
  LEGIBLE,
  fittingScale,
  type Placement,
  revealingScale,
  scaleLimits,
  type Size,
} from "./fit";
import type { Drawing } from "./svg";

const STEP = 1.35; // of a zoom
const PAN = 60; // px

export class Stage {
  readonly #zoom = zoom<HTMLElement, unknown>();
  readonly #resize: ResizeObserver;
  #drawing: Drawing | null = null;
  #transform: ZoomTransform = zoomIdentity;
  #isFitted = true;
  #isRead = false; // downward: as wide as the stage, however long
  #isOther = false;
  #listeners = new Set<() => void>();

  constructor(readonly host: HTMLElement) {
    this.#zoom
      .clickDistance(4)
      .filter((event: MouseEvent) => !event.button && !(event.target as Element).closest(".float"))
      .on("zoom", (event: D3ZoomEvent<HTMLElement, unknown>) => {
        if (event.sourceEvent) this.#isFitted = false;
        this.#apply(event.transform);
      });
    select(host).call(this.#zoom).on("dblclick.zoom", null);
    this.#resize = new ResizeObserver(() => this.#resized());
    this.#resize.observe(host);
  }

  /** Let go of everything. */
  destroy(): void {
    this.#resize.disconnect();
    select(this.host).on(".zoom", null);
    this.#drawing?.svg.remove();
  }

  get drawing(): Drawing | null {
    return this.#drawing;
  }

  /** Whether what is shown is a picture of something else than the one before. */
  get isOther(): boolean {
    return this.#isOther;
  }

  /** Pixels on the screen for one of the picture's. */
  get scale(): number {
    return this.#transform.k;
  }

  /** Call `listener` whenever the picture moves; return what ends that. */
  onMove(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Show a picture in place of the one before; of the same kind, it stays where it was. */
  show(drawing: Drawing, isOther: boolean): void {
    const focus = this.#focused();
    this.#isOther = isOther;
    this.#drawing?.svg.remove();
    this.#drawing = drawing;
    this.host.prepend(drawing.svg);
    if (isOther) this.#isRead = isReadDownward(drawing, this.#size());
    if (isOther || this.#isFitted) this.#fitAgain();
    else this.#apply(this.#transform);
    if (focus) this.find(focus)?.focus({ preventScroll: true });
  }

  /** The element of a router (`node`) or of a link or line (`line`). */
  find(what: { node: string } | { line: string }): SVGGElement | null {
    const [kind, name] = "node" in what ? ["node", what.node] : ["line", what.line];
    return this.host.querySelector(`.viewport [data-${kind}="${CSS.escape(name)}"]`);
  }

  /** Show all of the picture. */
  fit(): void {
    this.#isRead = false;
    this.#fitAgain();
  }

  #fitAgain(): void {
    const stage = this.#size();
    if (!this.#drawing || !stage.width || !stage.height) return;
    const { width, height } = this.#drawing;
    const placement = fitted(this.#seen(stage), stage);
    this.#zoom.scaleExtent(scaleLimits(placement.scale)).translateExtent([
      [-width / 2, -height / 2],
      [width * 1.5, height * 1.5],
    ]);
    this.#isFitted = true;
    // half a heading is worse than none; what it says, the page says too
    this.host.classList.toggle("headless", !this.#isRead && placement.y < 0);
    this.#place(this.#isRead ? asWideAs(stage, width) : placement);
  }

  #place({ x, y, scale }: Placement): void {
    select(this.host).call(this.#zoom.transform, zoomIdentity.translate(x, y).scale(scale));
  }

  #size(): Size {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  /** Move the picture up by so many pixels, as something lies over its lower part. */
  lift(pixels: number): void {
    this.#isFitted = false;
    select(this.host).call(this.#zoom.translateBy, 0, -pixels / this.scale);
  }

  /** Make it larger (1) or smaller (-1), around the middle. */
  step(direction: 1 | -1): void {
    this.#isFitted = false;
    select(this.host).call(this.#zoom.scaleBy, STEP ** direction);
  }

  /** Move what is seen by so many steps. */
  pan(right: number, down: number): void {
    this.#isFitted = false;
    const step = PAN / this.scale;
    select(this.host).call(this.#zoom.translateBy, -right * step, -down * step);
  }

  /**
   * Bring a part into view, as large as it goes; nothing moves if it is well seen already.
   * Of the stage, so many pixels at the bottom are `covered`.
   */
  reveal(part: SVGGraphicsElement, covered = 0): void {
    const box = part.getBBox();
    const { width, height } = this.#size();
    const free = { width, height: Math.max(height - covered, 1) };
    const [left, top] = this.#transform.apply([box.x, box.y]);
    const [right, bottom] = this.#transform.apply([box.x + box.width, box.y + box.height]);
    const isSeen = left > 0 && top > 0 && right < free.width && bottom < free.height;
    if (isSeen && this.scale >= LEGIBLE) return;
    this.#isFitted = false;
    const middle: [number, number] = [box.x + box.width / 2, box.y + box.height / 2];
    select(this.host).call(this.#zoom.scaleTo, revealingScale(box, free, this.scale));
    select(this.host).call(this.#zoom.translateTo, ...middle);
    if (covered) select(this.host).call(this.#zoom.translateBy, 0, -covered / 2 / this.scale);
  }

  /** What is shown of a fitted picture: all; where that is too small, without heading and legend. */
  #seen(stage: Size): Box {
    const { viewport, width = 1, height = 1 } = this.#drawing ?? {};
    const all = { x: 0, y: 0, width, height };
    const parts = viewport?.querySelectorAll<SVGGElement>(
      ":scope > .areas, :scope > .lines, :scope > .nodes",
    );
    if (!parts?.length || fittingScale(all, stage) >= LEGIBLE) return all;
    return around([...parts].map((part) => part.getBBox()));
  }

  #apply(transform: ZoomTransform): void {
    this.#transform = transform;
    this.#drawing?.viewport.setAttribute("transform", transform.toString());
    this.host.style.setProperty("--scale", String(transform.k));
    for (const listener of this.#listeners) listener();
  }

  #resized(): void {
    if (this.#isFitted) this.#fitAgain();
  }

  #focused(): { node: string } | { line: string } | null {
    const active = document.activeElement;
    if (!(active instanceof SVGElement) || !this.host.contains(active)) return null;
    const { node, line } = active.dataset;
    if (node !== undefined) return { node };
    return line === undefined ? null : { line };
  }
}
