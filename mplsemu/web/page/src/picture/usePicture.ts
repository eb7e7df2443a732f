/** Fetches a picture, and again whenever it may have changed. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type Picture, words } from "../api";
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
 * @param prepare what is done to it before it is shown
 */
export function usePicture(
  key: string,
  version: string | number,
  fetchPicture: (signal: AbortSignal) => Promise<Picture>,
  prepare: (drawing: Drawing) => void = () => {},
): { shown: Shown | null; error: string } {
  const [shown, setShown] = useState<Shown | null>(null);
  const [error, setError] = useState("");
  const last = useRef({ key: "", svg: "", problem: "" });
  useEffect(() => {
    const abort = new AbortController();
    /** Show it; return what is wrong with it. */
    function show(svg: string): string {
      try {
        const drawing = drawingOf(svg);
        prepare(drawing);
        setShown({ key, drawing });
        return "";
      } catch (problem) {
        return words(problem);
      }
    }
    fetchPicture(abort.signal).then(
      ({ svg }) => {
        if (abort.signal.aborted) return;
        // the same picture again: leave it as the reader has moved it
        if (last.current.key !== key || last.current.svg !== svg) {
          last.current = { key, svg, problem: show(svg) };
        }
        setError(last.current.problem);
      },
      (problem: unknown) => abort.signal.aborted || setError(words(problem)),
    );
    return () => abort.abort();
  }, [key, version]);
  return { shown, error };
}
