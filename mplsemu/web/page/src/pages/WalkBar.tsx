/** Steps of a packet's walk, under the picture: by hand, or played. */

import { endWalk, goTo, isPlaying, lastStep, play, step, type Walk } from "../live/walk";
import { lessMotion } from "../theme";
import { Icon, type IconName } from "../widgets/Icon";
import { Labels } from "../widgets/Labels";

export function WalkBar({ walk }: { walk: Walk }) {
  const index = step.value;
  const last = lastStep(walk);
  const now = walk.steps[Math.min(index, walk.steps.length - 1)]; // another copy may be on its way
  if (!now) return null;

  function onKeyDown(event: KeyboardEvent) {
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    goTo(to);
  }

  return (
    <section class="float walk-bar" aria-label="Packet" onKeyDown={onKeyDown}>
      <div class="walk-buttons">
        <Button
          icon="previous"
          label="Step back"
          isOff={index === 0}
          onClick={() => goTo(index - 1)}
        />
        {!lessMotion() &&
          (isPlaying.value ? (
            <Button icon="pause" label="Pause" onClick={() => (isPlaying.value = false)} />
          ) : (
            <Button icon="play" label="Play" onClick={play} />
          ))}
        <Button
          icon="next"
          label="Step on"
          isOff={index === last}
          onClick={() => goTo(index + 1)}
        />
      </div>
      <p class="walk-text" aria-live={isPlaying.value ? "off" : "polite"}>
        <span class="quiet">
          {index + 1}/{last + 1}
        </span>{" "}
        <strong>{now.node}</strong> <span class="action">{now.text}</span>
        {now.labels.length > 0 && <Labels labels={now.labels} />}
        {now.end === "lost" && <Verdict icon="lost" text="lost here" kind="bad" />}
        {now.end === "delivered" && <Verdict icon="ok" text="delivered" kind="good" />}
      </p>
      <Button icon="close" label="Take the packet away" onClick={endWalk} />
    </section>
  );
}

function Verdict({ icon, text, kind }: { icon: IconName; text: string; kind: string }) {
  return (
    <span class={`verdict ${kind}`}>
      <Icon name={icon} /> {text}
    </span>
  );
}

function Button(props: { icon: IconName; label: string; isOff?: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={props.label}
      title={props.label}
      aria-disabled={props.isOff ?? false}
      onClick={() => !props.isOff && props.onClick()}
    >
      <Icon name={props.icon} />
    </button>
  );
}
