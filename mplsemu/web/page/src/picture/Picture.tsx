/** A picture to look around in: it tells what is under the pointer, and what is chosen in it. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../widgets/Icon";
import { Stage } from "./stage";
import type { Shown } from "./usePicture";

export type Part = { node: string } | { line: string };

interface Props {
  label: string;
  shown: Shown | null;
  error: string;
  /** What to tell about a part at this moment; null is what the picture says of it. */
  about?: (part: Part) => string | null;
  onPick?: (part: Part, x: number, y: number, about: string) => void;
  /** The picture was drawn (anew) on this stage; what is returned undoes what was done to it. */
  onDrawn?: (stage: Stage) => (() => void) | undefined;
  children?: ComponentChildren;
}

const KEYS: Record<string, (stage: Stage) => void> = {
  ArrowLeft: (stage) => stage.pan(-1, 0),
  ArrowRight: (stage) => stage.pan(1, 0),
  ArrowUp: (stage) => stage.pan(0, -1),
  ArrowDown: (stage) => stage.pan(0, 1),
  "+": (stage) => stage.step(1),
  "=": (stage) => stage.step(1),
  "-": (stage) => stage.step(-1),
  "0": (stage) => stage.fit(),
};

export function Picture({ label, shown, error, about, onPick, onDrawn, children }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const key = useRef("");
  const tip = useRef(signal<{ text: string; x: number; y: number } | null>(null)).current;

  useEffect(() => {
    if (!host.current) return undefined;
    const made = new Stage(host.current);
    stage.current = made;
    const stop = made.onMove(() => (tip.value = null));
    return () => {
      stop();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    if (!stage.current || !shown) return undefined;
    stage.current.show(shown.drawing, key.current !== shown.key);
    key.current = shown.key;
    performance.mark("mplsemu:picture");
    return onDrawn?.(stage.current);
  }, [shown]);

  function tell(event: PointerEvent | FocusEvent) {
    const element = partOf(event.target);
    const part = element && describe(element);
    if (!part) return void (tip.value = null);
    const text = about?.(part) ?? element.getAttribute("data-about") ?? "";
    tip.value = { text, ...(event instanceof PointerEvent ? within(event) : middleOf(element)) };
  }

  function middleOf(element: Element) {
    const box = element.getBoundingClientRect();
    return within({ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 });
  }

  function within({ clientX, clientY }: { clientX: number; clientY: number }) {
    const box = host.current?.getBoundingClientRect();
    return { x: clientX - (box?.x ?? 0), y: clientY - (box?.y ?? 0) };
  }

  function pick(element: Element | null, at: { x: number; y: number }) {
    const part = element?.getAttribute("role") === "button" && describe(element);
    if (!part) return false;
    tip.value = null;
    onPick?.(part, at.x, at.y, element?.getAttribute("data-about") ?? "");
    return true;
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as Element;
    if (target !== host.current && !(target instanceof SVGElement)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      if (pick(partOf(target), middleOf(target))) event.preventDefault();
    } else if (event.key === "Escape") {
      tip.value = null;
    } else if (stage.current && KEYS[event.key]) {
      event.preventDefault();
      KEYS[event.key]?.(stage.current);
    }
  }

  return (
    <div class="picture">
      <div
        class="canvas"
        ref={host}
        role="region"
        aria-label={`${label}. Arrow keys move it, plus and minus zoom, zero shows all.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => pick(partOf(event.target), within(event))}
        onPointerOver={(event) => event.pointerType === "mouse" && tell(event)}
        onPointerMove={(event) =>
          event.pointerType === "mouse" && tip.value && !event.buttons && tell(event)
        }
        onPointerLeave={() => (tip.value = null)}
        onFocusIn={(event) => (event.target as Element).matches(":focus-visible") && tell(event)}
        onFocusOut={() => (tip.value = null)}
      />
      <Tip at={tip} host={host} />
      {!shown && !error && <p class="float notice">Drawing…</p>}
      {error && (
        <p class="float notice error" role="alert">
          {error}
        </p>
      )}
      <div class="float zoom" role="group" aria-label="Zoom">
        <Tool name="plus" label="Larger" onClick={() => stage.current?.step(1)} />
        <Tool name="minus" label="Smaller" onClick={() => stage.current?.step(-1)} />
        <Tool name="fit" label="Show all" onClick={() => stage.current?.fit()} />
      </div>
      {children}
    </div>
  );
}

function Tool(props: { name: "plus" | "minus" | "fit"; label: string; onClick: () => void }) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.name} />
    </button>
  );
}

interface TipProps {
  at: { value: { text: string; x: number; y: number } | null };
  host: { current: HTMLDivElement | null };
}

/** What is told about the part under the pointer; screen readers have the part's own name. */
function Tip({ at, host }: TipProps) {
  if (!at.value) return null;
  const { text, x, y } = at.value;
  const width = host.current?.clientWidth ?? 0;
  const isRight = x > width / 2;
  const isLow = y > (host.current?.clientHeight ?? 0) / 2;
  const place = {
    left: isRight ? "auto" : `${x + 14}px`,
    right: isRight ? `${width - x + 14}px` : "auto",
    top: isLow ? "auto" : `${y + 14}px`,
    bottom: isLow ? `${(host.current?.clientHeight ?? 0) - y + 14}px` : "auto",
  };
  return (
    <div class="tip" style={place} aria-hidden="true">
      {text}
    </div>
  );
}

function partOf(target: EventTarget | null): Element | null {
  return (target as Element | null)?.closest?.("[data-node], [data-line]") ?? null;
}

function describe(element: Element): Part | null {
  const node = element.getAttribute("data-node");
  const line = element.getAttribute("data-line");
  return node !== null ? { node } : line !== null ? { line } : null;
}
