/** Moves the packet over a stage, as the walk's step and the clock have it. */

import { effect } from "@preact/signals";
import { isPlaying, lastStep, step, type Walk, walk } from "../live/walk";
import { lessMotion } from "../theme";
import { PacketView } from "./packet";
import type { Stage } from "./stage";

const MOVING_MS = 1100; // along one line
const WAITING_MS = 700; // where there is nothing to go along
const REST = 0.5; // where on its line a packet stands that does not move

/** Show walks on a stage; return what ends that. */
export function showWalk(stage: Stage): () => void {
  let view: PacketView | null = null;
  let isFirst = true;
  const shown = effect(() => {
    view?.remove();
    view = walk.value ? new PacketView(stage, walk.value) : null;
    // whoever looks at something is not led away when the network or its picture changes
    if (isFirst ? stage.isOther : !walk.value?.isAgain) view?.reveal();
    isFirst = false;
  });
  let frame = 0;
  const moved = effect(() => {
    cancelAnimationFrame(frame);
    const current = walk.value;
    if (!view || !current) return;
    if (isPlaying.value) frame = run(view, current, step.value, (next) => (frame = next));
    else view.show(step.value, view.moves(step.value) ? REST : 0);
  });
  return () => {
    cancelAnimationFrame(frame);
    shown();
    moved();
    view?.remove();
  };
}

/** Play one step; the next begins when `step` changes. Return the first frame's number. */
function run(
  view: PacketView,
  walked: Walk,
  index: number,
  onFrame: (frame: number) => void,
): number {
  const isLast = index === lastStep(walked);
  const duration = lessMotion() || !view.moves(index) ? WAITING_MS : MOVING_MS;
  let start: number | null = null;
  const draw = (time: number) => {
    start ??= time;
    const share = Math.min((time - start) / duration, 1);
    view.show(index, lessMotion() ? REST : eased(share));
    if (share < 1) return onFrame(requestAnimationFrame(draw));
    if (isLast) isPlaying.value = false;
    else step.value = index + 1;
  };
  return requestAnimationFrame(draw);
}

/** Slow at both ends: the reader sees the stack change at each router. */
function eased(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) * (1 - share);
}
