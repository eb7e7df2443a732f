/** Loads of links since the page was opened, for five minutes. */

import { signal } from "@preact/signals";

type Loads = Readonly<Record<string, readonly [number, number]>>;

/** When, in ms since the epoch, and bits per second from a link's first end and back. */
export type Sample = readonly [time: number, there: number, back: number];

const KEPT_MS = 300_000;

/** Loads of all links, oldest first. */
const told = signal<readonly (readonly [time: number, loads: Loads])[]>([]);

/** Keep the loads that the server sent. */
export function remember(loads: Loads, now = Date.now()): void {
  told.value = [...told.peek().filter(([time]) => time >= now - KEPT_MS), [now, loads]];
}

/** The loads of one link, oldest first. */
export function historyOf(link: string): Sample[] {
  return told.value.flatMap(([time, loads]): Sample[] => {
    const of = loads[link];
    return of ? [[time, of[0], of[1]]] : [];
  });
}
