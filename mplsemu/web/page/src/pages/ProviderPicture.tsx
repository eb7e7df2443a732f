/** The provider's network, live: links go down and are loaded, a packet walks. */

import { effect, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { api } from "../api";
import { doubt } from "../live/knowledge";
import { down, type Facts, generation, load, openings, pending } from "../live/lab";
import { walk } from "../live/walk";
import { lineFacts, Marks } from "../picture/marks";
import { type Part, Picture } from "../picture/Picture";
import { forgetState, liftLoads, offerCircuits } from "../picture/provider";
import type { Stage } from "../picture/stage";
import type { Drawing } from "../picture/svg";
import { showWalk } from "../picture/walking";
import { usePicture } from "../picture/usePicture";
import { overlay, selection } from "../ui";
import { Inspector } from "./Inspector";
import { WalkBar } from "./WalkBar";

/** Something to bring into view and to tell about. */
export const revealed = signal<Part | null>(null);

export function ProviderPicture({ facts }: { facts: Facts }) {
  const vpn = overlay.value;
  const stage = useRef<Stage | null>(null);
  // Marks are set on the picture that is there; an overlay's paths are drawn by the server.
  const version = vpn === null ? openings.value : `${generation.value} ${openings.value}`;
  const key = `provider ${vpn ?? ""}`;
  const { shown, error } = usePicture(
    key,
    version,
    (signal) => api.providerPicture(vpn, signal),
    (drawing) => prepare(drawing, facts),
  );

  function about(part: Part): string | null {
    if ("node" in part) return null;
    if (doubt.value) return `${part.line}: ${doubt.value}`;
    const isKnown = facts.links.has(part.line) || facts.circuits.has(part.line);
    return isKnown ? lineFacts(facts, part.line, down.value, load.value) : null;
  }

  return (
    <Picture
      label={`Network of ${facts.session.lab}`}
      shown={shown}
      error={error}
      about={about}
      onPick={(part, spot, about) => (selection.value = { ...part, spot, about })}
      file={{
        name: `${facts.session.lab}-${vpn ?? "provider"}`,
        fetch: () => api.providerPicture(vpn),
      }}
      onDrawn={(drawn) => {
        stage.current = drawn;
        return enliven(drawn, facts);
      }}
    >
      {selection.value && (
        <Inspector
          facts={facts}
          selection={selection.value}
          onHidden={(pixels) => stage.current?.lift(pixels)}
        />
      )}
      {walk.value && <WalkBar walk={walk.value} />}
    </Picture>
  );
}

function prepare(drawing: Drawing, facts: Facts): void {
  offerCircuits(drawing, facts);
  forgetState(drawing);
  liftLoads(drawing);
}

/** Let a drawing show what happens, until another takes its place. */
function enliven(stage: Stage, facts: Facts): (() => void) | undefined {
  if (!stage.drawing) return undefined;
  const marks = new Marks(stage.drawing, facts);
  const ends = [
    effect(() => marks.state(down.value, pending.value)),
    effect(() => marks.load(load.value, down.value)),
    effect(() => reveal(stage)),
    showWalk(stage),
  ];
  return () => ends.forEach((end) => end());
}

function reveal(stage: Stage): void {
  const part = revealed.value;
  const element = part && stage.find(part);
  if (!element) return;
  revealed.value = null;
  stage.reveal(element);
  const box = element.getBoundingClientRect();
  const host = stage.host.getBoundingClientRect();
  const [left, top] = [box.x - host.x, box.y - host.y];
  const [x, y] = [left + box.width / 2, top + box.height / 2];
  const spot =
    "node" in part
      ? { left, top, right: left + box.width, bottom: top + box.height }
      : { left: x, top: y, right: x, bottom: y };
  selection.value = { ...part, spot, about: element.dataset.about ?? "" };
}
