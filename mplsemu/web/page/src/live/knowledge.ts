/** Whether the page knows the state of the lab: only then may it say that all is well. */

import { computed } from "@preact/signals";
import { connection, isLost } from "./stream";

export const hasEnded = computed(() => {
  const { kind } = connection.value;
  return kind === "ended" || kind === "refused";
});

/** Why the state of the lab is not known; empty if it is. */
export const doubt = computed(() => {
  if (hasEnded.value) return "The lab has ended.";
  return isLost.value ? "The server does not answer." : "";
});
