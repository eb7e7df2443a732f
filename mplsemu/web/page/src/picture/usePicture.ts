/** Fetching a picture, and again whenever it may have changed. */

import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../api";
import type { Picture } from "../types";
import { type Drawing, drawingOf } from "./svg";

export interface Shown {
  /** What it is a picture of; another key is another picture. */
  key: string;
  drawing: Drawing;
}

/**
 * A picture as it is now.
 *
 * @param key what it is a picture of
 * @param version changes when it must be fetched anew
 * @param fetchPicture asks for it
 */
export function usePicture(
  key: string,
  version: string | number,
  fetchPicture: (signal: AbortSignal) => Promise<Picture>,
): { shown: Shown | null; error: string } {
  const [shown, setShown] = useState<Shown | null>(null);
  const [error, setError] = useState("");
  const last = useRef("");
  useEffect(() => {
    const abort = new AbortController();
    fetchPicture(abort.signal).then(
      ({ svg }) => {
        setError("");
        // the same picture again: whoever looks around in it is not disturbed
        if (abort.signal.aborted || last.current === key + svg) return;
        last.current = key + svg;
        try {
          setShown({ key, drawing: drawingOf(svg) });
        } catch (problem) {
          setError(words(problem));
        }
      },
      (problem: unknown) => abort.signal.aborted || setError(words(problem)),
    );
    return () => abort.abort();
  }, [key, version]);
  return { shown, error };
}
