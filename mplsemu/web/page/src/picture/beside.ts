/** Places an explanation beside what it explains, and wholly on the stage. */

import type { Spot } from "../ui";

const EDGE = 8;
const GAP = 12;

/** Put an element to the right of a spot, to its left, below or above: where there is most room first. */
export function placeBeside(element: HTMLElement, spot: Spot, stage: HTMLElement): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const { clientWidth, clientHeight } = stage;
  const within = (at: number, size: number, all: number) =>
    Math.max(EDGE, Math.min(at, all - size - EDGE));
  const across = within((spot.left + spot.right - width) / 2, width, clientWidth);
  const down = within(spot.top - GAP, height, clientHeight);
  const places = [
    { left: spot.right + GAP, top: down, room: clientWidth - spot.right - GAP - EDGE - width },
    { left: spot.left - GAP - width, top: down, room: spot.left - GAP - EDGE - width },
    {
      left: across,
      top: spot.bottom + GAP,
      room: clientHeight - spot.bottom - GAP - EDGE - height,
    },
    { left: across, top: spot.top - GAP - height, room: spot.top - GAP - EDGE - height },
  ];
  const most = places.reduce((best, each) => (each.room > best.room ? each : best));
  const { left, top } = places.find(({ room }) => room >= 0) ?? most;
  element.style.left = `${within(left, width, clientWidth)}px`;
  element.style.top = `${within(top, height, clientHeight)}px`;
}
