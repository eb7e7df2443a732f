/** Where a picture is shown: pan, zoom and fit, by mouse, touch and keyboard. */

import { select } from "d3-selection";
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import type { Drawing } from "./svg";

const MARGIN = 12; // px around a fitted picture
const LARGEST_FIT = 1.5; // a small picture is not blown up further than this
const LEGIBLE = 0.7;
const NARROW = 560; // px
const LONG = 1.2; // as high as so many widths
const FILLED = 0.78; // of the stage, by a part that is brought into view
const STEP = 1.35;
const PAN = 60;

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
    if (isOther) this.#isRead = this.#isLong();
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
    const { clientWidth, clientHeight } = this.host;
    if (!this.#drawing || !clientWidth || !clientHeight) return;
    const { width, height } = this.#drawing;
    const box = this.#seen(clientWidth, clientHeight);
    const fitting = this.#scaleFor(box, clientWidth, clientHeight);
    this.#zoom.scaleExtent([fitting * 0.7, Math.max(fitting * 2, 4)]).translateExtent([
      [-width / 2, -height / 2],
      [width * 1.5, height * 1.5],
    ]);
    this.#isFitted = true;
    if (this.#isRead) return this.#read(width, clientWidth);
    const x = clientWidth / 2 - (box.x + box.width / 2) * fitting;
    const y = clientHeight / 2 - (box.y + box.height / 2) * fitting;
    // half a heading is worse than none; what it says, the page says too
    this.host.classList.toggle("headless", y < 0);
    select(this.host).call(this.#zoom.transform, zoomIdentity.translate(x, y).scale(fitting));
  }

  /** Whether it is of the kind that is read downward, on a stage that is as narrow. */
  #isLong(): boolean {
    const { width = 1, height = 1 } = this.#drawing ?? {};
    return this.host.clientWidth < NARROW && height / width > LONG;
  }

  #read(width: number, clientWidth: number): void {
    const scale = Math.min((clientWidth - 2 * MARGIN) / width, LARGEST_FIT);
    const x = (clientWidth - width * scale) / 2;
    this.host.classList.remove("headless");
    select(this.host).call(this.#zoom.transform, zoomIdentity.translate(x, 0).scale(scale));
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
    const { clientWidth } = this.host;
    const clientHeight = Math.max(this.host.clientHeight - covered, 1);
    const [left, top] = this.#transform.apply([box.x, box.y]);
    const [right, bottom] = this.#transform.apply([box.x + box.width, box.y + box.height]);
    const isSeen = left > 0 && top > 0 && right < clientWidth && bottom < clientHeight;
    if (isSeen && this.scale >= LEGIBLE) return;
    const largest = Math.min(
      (clientWidth * FILLED) / Math.max(box.width, 1),
      (clientHeight * FILLED) / Math.max(box.height, 1),
    );
    this.#isFitted = false;
    const middle: [number, number] = [box.x + box.width / 2, box.y + box.height / 2];
    select(this.host).call(
      this.#zoom.scaleTo,
      Math.min(Math.max(this.scale, 1), Math.max(largest, 0.1)),
    );
    select(this.host).call(this.#zoom.translateTo, ...middle);
    if (covered) select(this.host).call(this.#zoom.translateBy, 0, -covered / 2 / this.scale);
  }

  /** What is shown of a fitted picture: all; where that is too small, without heading and legend. */
  #seen(clientWidth: number, clientHeight: number): DOMRect {
    const { viewport, width = 1, height = 1 } = this.#drawing ?? {};
    const all = new DOMRect(0, 0, width, height);
    const parts = viewport?.querySelectorAll<SVGGElement>(
      ":scope > .areas, :scope > .lines, :scope > .nodes",
    );
    if (!parts?.length || this.#scaleFor(all, clientWidth, clientHeight) >= LEGIBLE) return all;
    const boxes = [...parts].map((part) => part.getBBox());
    const [left, top] = [
      Math.min(...boxes.map((box) => box.x)),
      Math.min(...boxes.map((box) => box.y)),
    ];
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    return new DOMRect(left, top, right - left, bottom - top);
  }

  #scaleFor(box: DOMRect, clientWidth: number, clientHeight: number): number {
    const across = (clientWidth - 2 * MARGIN) / box.width;
    return Math.min(across, (clientHeight - 2 * MARGIN) / box.height, LARGEST_FIT);
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
    return node !== undefined ? { node } : line !== undefined ? { line } : null;
  }
}
