/** How a picture is laid on its stage: scale and offset. Lengths are px, of the stage or the picture. */

const MARGIN = 12; // around a fitted picture
const LARGEST_FIT = 1.5; // a small picture is not enlarged further
const NARROW = 560; // a stage that is no wider shows long pictures downward
const LONG = 1.2; // height of a long picture, in widths
const FILLED = 0.78; // of the stage, by a part that is brought into view

/** Below this scale, text is hard to read. */
export const LEGIBLE = 0.7;

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Size {
  x: number;
  y: number;
}

/** A point p of the picture is at (x, y) + scale * p on the stage. */
export interface Placement {
  x: number;
  y: number;
  scale: number;
}

/** The scale at which a box just fits. */
export function fittingScale(box: Size, stage: Size): number {
  const across = (stage.width - 2 * MARGIN) / box.width;
  return Math.min(across, (stage.height - 2 * MARGIN) / box.height, LARGEST_FIT);
}

/** All of a box, in the middle of the stage. */
export function fitted(box: Box, stage: Size): Placement {
  const scale = fittingScale(box, stage);
  return {
    x: stage.width / 2 - (box.x + box.width / 2) * scale,
    y: stage.height / 2 - (box.y + box.height / 2) * scale,
    scale,
  };
}

/** As wide as the stage, from the top: the rest is found by scrolling. */
export function asWideAs(stage: Size, width: number): Placement {
  const scale = Math.min((stage.width - 2 * MARGIN) / width, LARGEST_FIT);
  return { x: (stage.width - width * scale) / 2, y: 0, scale };
}

/** Whether a picture is read downward: it is long, and the stage is narrow. */
export function isReadDownward(picture: Size, stage: Size): boolean {
  return stage.width < NARROW && picture.height / picture.width > LONG;
}

/** The least and the greatest scale that a reader may choose. */
export function scaleLimits(fitting: number): [least: number, greatest: number] {
  return [fitting * 0.7, Math.max(fitting * 2, 4)];
}

/** The scale at which a part is brought into view: as large as it goes, but not shrunk at need. */
export function revealingScale(part: Size, stage: Size, now: number): number {
  const largest = Math.min(
    (stage.width * FILLED) / Math.max(part.width, 1),
    (stage.height * FILLED) / Math.max(part.height, 1),
  );
  return Math.min(Math.max(now, 1), Math.max(largest, 0.1));
}

/** The smallest box around others; there is at least one. */
export function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
