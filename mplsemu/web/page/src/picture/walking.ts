/** Moves the packet over a stage, by the step of the walk and the clock. */

import { effect } from "@preact/signals";
import { isPlaying, lastStep, step, type Walk, walk } from "../live/walk";
import { lessMotion } from "../theme";
import { PacketView } from "./packet";
import type { Stage } from "./stage";

const MOVING_MS = 1100; // along one line
const WAITING_MS = 700; // if there is no line to go along
const REST = 0.5; // position of a resting packet on its line

/** Show walks on a stage; return what ends that. */
export function showWalk(stage: Stage): () => void {
  let view: PacketView | null = null;
  let isFirst = true;
  const shown = effect(() => {
    view?.remove();
    view = walk.value ? new PacketView(stage, walk.value) : null;
    // a change of the network or of its picture must not move what the reader looks at
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

/** Slow at both ends, so that the reader sees the stack change at each router. */
function eased(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) * (1 - share);
}
