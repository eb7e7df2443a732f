/** The bar between picture and panel: drag it, or move it with the arrow keys. */

import { useEffect, useRef, useState } from "preact/hooks";

const KEY = "mplsemu.panel";
const SMALLEST = 300;
const STEP = 24;
/** What a key adds to the width. */
const WIDER: Readonly<Record<string, number>> = { ArrowLeft: STEP, ArrowRight: -STEP };

const largest = () => Math.max(SMALLEST, innerWidth - 360);
const within = (width: number) => Math.round(Math.max(SMALLEST, Math.min(width, largest())));

export function Splitter({ initial }: { initial: number }) {
  const [width, setWidth] = useState(() => within(Number(localStorage.getItem(KEY)) || initial));
  const isMoved = useRef(false);

  useEffect(() => {
    document.documentElement.style.setProperty("--panel-width", `${width}px`);
    if (isMoved.current) localStorage.setItem(KEY, String(width));
    isMoved.current = true;
  }, [width]);

  function onPointerDown(event: PointerEvent) {
    const bar = event.currentTarget as HTMLElement;
    bar.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent) => setWidth(within(innerWidth - clientX - 4));
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), {
      once: true,
    });
  }

  function onKeyDown(event: KeyboardEvent) {
    const by = WIDER[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setWidth(within(width + by));
  }

  return (
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuenow={width}
      aria-valuemin={SMALLEST}
      aria-valuemax={largest()}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
