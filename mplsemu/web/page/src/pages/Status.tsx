/** The line that says how the page is connected and how the lab is. */

import { useEffect, useState } from "preact/hooks";
import { doubt } from "../live/knowledge";
import { state } from "../live/lab";
import { connection, type Stream } from "../live/stream";
import type { StateMessage } from "../schema";

/** How the page is connected. */
export function ConnectionStatus({ stream }: { stream: Stream }) {
  const { kind } = connection.value;
  const text = useWords();
  const canRetry = kind === "waiting" || kind === "ended";
  return (
    <span class={`status connection ${kind}`}>
      <span class="dot" />
      <span role="status">{text}</span>
      {canRetry && (
        <button type="button" class="plain" onClick={() => stream.retry()}>
          Try now
        </button>
      )}
    </span>
  );
}

/** The state of the connection in words, with seconds that count down. */
function useWords(): string {
  const now = connection.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (now.kind !== "waiting" || now.until - Date.now() < 2000) return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [now]);
  switch (now.kind) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "waiting": {
      const seconds = Math.round((now.until - Date.now()) / 1000);
      return seconds < 2 ? "Reconnecting" : `Reconnecting in ${seconds} s`;
    }
    case "paused":
      return "Paused";
    case "ended":
      return "The lab has ended";
    case "refused":
      return "No access";
  }
}

/** Which program runs, and whether all routers have it. */
export function LabStatus() {
  const lab = state.value;
  if (!lab || doubt.value) return null;
  const [word, kind] = syncOf(lab);
  return (
    <>
      <span
        class="status programs"
        title="How many forwarding programs there were since the controller started"
      >
        <span class="quiet">Generation</span> <span class="generation">{lab.generation}</span>
      </span>
      <span class={`status sync ${kind}`} role="status">
        <span class="dot" />
        {word}
      </span>
    </>
  );
}

function syncOf({ controller, in_sync }: StateMessage): [word: string, kind: string] {
  if (!controller) return ["Controller down", "bad"];
  return in_sync ? ["In sync", "good"] : ["Converging", "busy"];
}
