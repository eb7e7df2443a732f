/** Announcements for screen readers (an ARIA live region), one after another. */

import { signal } from "@preact/signals";

export interface Saying {
  number: number;
  text: string;
}

const KEPT = 4;
let spoken = 0;

export const said = signal<readonly Saying[]>([]);

/** Announce something. */
export function announce(text: string): void {
  spoken += 1;
  said.value = [...said.value, { number: spoken, text }].slice(-KEPT);
}
