/** A picture to look around in: it tells what is under the pointer, and what is chosen in it. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { announce } from "../announce";
import { words } from "../api";
import { doubt, hasEnded } from "../live/knowledge";
import type { Picture as PictureText } from "../api";
import { Icon, type IconName } from "../widgets/Icon";
import type { Spot } from "../ui";
import { placeBeside } from "./beside";
import { download, type Format } from "./download";
import { Stage } from "./stage";
import type { Shown } from "./usePicture";

export type Part = { node: string } | { line: string };

interface Told {
  text: string;
  spot: Spot;
}

interface Props {
  label: string;
  shown: Shown | null;
  error: string;
  /** What to tell about a part at this moment; null is what the picture says of it. */
  about?: (part: Part) => string | null;
  onPick?: (part: Part, spot: Spot, about: string) => void;
  /** The picture was drawn (anew) on this stage; what is returned undoes what was done to it. */
  onDrawn?: (stage: Stage) => (() => void) | undefined;
  /** What it is called as a file, and what asks the server for it. */
  file: { name: string; fetch: () => Promise<PictureText> };
  children?: ComponentChildren;
}

const FAR = 0.3; // of the stage's width

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

export function Picture({ label, shown, error, about, onPick, onDrawn, file, children }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const key = useRef("");
  const tip = useRef(signal<Told | null>(null)).current;

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
    tip.value = { text, spot: spotOf(element, event instanceof PointerEvent ? event : null) };
  }

  /** What is to be seen of a part: a router; a line with its ends, or if it goes far where one points. */
  function spotOf(element: Element, pointer: MouseEvent | null): Spot {
    const around = host.current?.getBoundingClientRect() ?? new DOMRect();
    const { a, b } = (element as SVGElement).dataset;
    const ends = [a, b].map((node) => (node ? stage.current?.find({ node }) : null));
    const boxes = [element, ...ends].flatMap((each) => each?.getBoundingClientRect() ?? []);
    const spot = {
      left: Math.min(...boxes.map((box) => box.left)) - around.x,
      top: Math.min(...boxes.map((box) => box.top)) - around.y,
      right: Math.max(...boxes.map((box) => box.right)) - around.x,
      bottom: Math.max(...boxes.map((box) => box.bottom)) - around.y,
    };
    const isFar = spot.right - spot.left > FAR * around.width;
    if (a === undefined || !isFar) return spot;
    const x = pointer ? pointer.clientX - around.x : (spot.left + spot.right) / 2;
    const y = pointer ? pointer.clientY - around.y : (spot.top + spot.bottom) / 2;
    return { left: x, top: y, right: x, bottom: y };
  }

  function pick(element: Element | null, pointer: MouseEvent | null) {
    const part = element?.getAttribute("role") === "button" && describe(element);
    if (!part || !element) return false;
    tip.value = null;
    onPick?.(part, spotOf(element, pointer), element.getAttribute("data-about") ?? "");
    return true;
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as Element;
    if (target !== host.current && !(target instanceof SVGElement)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      if (pick(partOf(target), null)) event.preventDefault();
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
        inert={hasEnded.value}
        aria-label={`${label}. Arrow keys move it, plus and minus zoom, zero shows all.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => pick(partOf(event.target), event)}
        onPointerOver={(event) => event.pointerType === "mouse" && tell(event)}
        onPointerMove={(event) =>
          event.pointerType === "mouse" && tip.value && !event.buttons && tell(event)
        }
        onPointerLeave={() => (tip.value = null)}
        onFocusIn={(event) => (event.target as Element).matches(":focus-visible") && tell(event)}
        onFocusOut={() => (tip.value = null)}
      />
      <Tip at={tip} host={host} />
      {shown && doubt.value && (
        <p class="float notice doubt">{doubt.value} This is how it was last.</p>
      )}
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
        <Save file={file} />
      </div>
      {children}
    </div>
  );
}

/** Save the picture as a file. */
function Save({ file }: { file: Props["file"] }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  async function save(format: Format) {
    setOpen(false);
    try {
      await download(file.name, format, file.fetch);
      announce(`Saved as ${format.toUpperCase()}.`);
    } catch (problem) {
      announce(`Not saved: ${words(problem)}`);
    }
  }
  return (
    <div
      class="save"
      ref={box}
      onFocusOut={(event) =>
        !box.current?.contains(event.relatedTarget as Node | null) && setOpen(false)
      }
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
    >
      <Tool
        name="download"
        label="Save the picture"
        isExpanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <div class="save-as" role="group" aria-label="Save as">
          {(["svg", "png"] as const).map((format) => (
            <button type="button" key={format} onClick={() => void save(format)}>
              {format.toUpperCase()}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

interface ToolProps {
  name: IconName;
  label: string;
  isExpanded?: boolean;
  onClick: () => void;
}

function Tool(props: ToolProps) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={props.label}
      title={props.label}
      aria-expanded={props.isExpanded}
      onClick={props.onClick}
    >
      <Icon name={props.name} />
    </button>
  );
}

/** What is told about the part under the pointer; screen readers have the part's own name. */
function Tip({ at, host }: { at: { value: Told | null }; host: { current: HTMLElement | null } }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current && host.current && at.value)
      placeBeside(box.current, at.value.spot, host.current);
  }, [at.value]);
  if (!at.value) return null;
  return (
    <div class="tip" ref={box} aria-hidden="true">
      {at.value.text}
    </div>
  );
}

function partOf(target: EventTarget | null): Element | null {
  return (target as Element | null)?.closest?.("[data-node], [data-line]") ?? null;
}

function describe(element: Element): Part | null {
  const node = element.getAttribute("data-node");
  const line = element.getAttribute("data-line");
  if (node !== null) return { node };
  return line === null ? null : { line };
}
