/** One polite voice for screen readers; what is said comes one after another. */

import { signal } from "@preact/signals";

export interface Saying {
  number: number;
  text: string;
}

const KEPT = 4;
let spoken = 0;

export const said = signal<readonly Saying[]>([]);

/** Say something. */
export function announce(text: string): void {
  spoken += 1;
  said.value = [...said.value, { number: spoken, text }].slice(-KEPT);
}
