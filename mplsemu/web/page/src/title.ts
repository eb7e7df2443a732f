/** The title of the browser's tab: whose page it is, what it shows, and whether something is wrong. */

import { useEffect } from "preact/hooks";
import { doubt, hasEnded } from "./live/knowledge";

/** Give the tab a title; `alarm` is the severity of the worst alarm, if there is one. */
export function useTitle(what: string, alarm?: string): void {
  const first = hasEnded.value ? "ended" : (doubt.value && "no answer") || alarm;
  useEffect(() => {
    document.title = `${first ? `(${first}) ` : ""}${what} · mplsemu`;
  }, [what, first]);
}
