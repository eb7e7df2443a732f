/** Whether the page knows how the lab is now: only then may anything on it say that all is well. */

import { computed } from "@preact/signals";
import { connection, isLost } from "./stream";

export const hasEnded = computed(() => {
  const { kind } = connection.value;
  return kind === "ended" || kind === "refused";
});

/** Why it is not known how the lab is now; empty where it is. */
export const doubt = computed(() => {
  if (hasEnded.value) return "The lab has ended.";
  return isLost.value ? "The server does not answer." : "";
});
