/**
 * The stream of changes. It reconnects with a growing delay, and is closed with all timers while
 * the page is hidden.
 */

import { batch, signal } from "@preact/signals";
import { ApiError, send } from "../api";
import { type Message, MessageParser } from "./sse";

/** How the page is connected. `waiting` knows when it tries again, in ms since the epoch. */
export type Connection =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "waiting"; until: number }
  | { kind: "paused" }
  | { kind: "ended" }
  | { kind: "refused" };

export const connection = signal<Connection>({ kind: "connecting" });

/** Whether the connection is broken, so that the state of the lab is not known. */
export const isLost = signal(false);

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const SILENCE_MS = 25_000; // the server sends something every 10 s

export class Stream {
  #abort: AbortController | null = null;
  #timer: number | undefined;
  #pause = FIRST_PAUSE_MS;
  #ended = false;

  constructor(
    private readonly onMessage: (message: Message) => void,
    private readonly onOpen: () => void,
  ) {}

  /** Connect, and follow whether the page is visible. */
  start(): void {
    document.addEventListener("visibilitychange", () => this.#seenOrNot());
    // a page in the back/forward cache must hold no connection
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#seenOrNot());
    this.#seenOrNot();
  }

  /** Connect now. */
  retry(): void {
    this.#ended = false;
    this.#pause = FIRST_PAUSE_MS;
    this.#close();
    void this.#run();
  }

  #seenOrNot(): void {
    if (this.#ended) return;
    if (document.hidden) {
      this.#close();
      connection.value = { kind: "paused" };
    } else if (this.#abort === null) {
      this.#pause = FIRST_PAUSE_MS;
      void this.#run();
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    const abort = new AbortController();
    this.#abort = abort;
    connection.value = { kind: "connecting" };
    try {
      await this.#read(abort);
    } catch (error) {
      if (abort.signal.aborted && this.#abort !== abort) return;
      if (this.#isFinal(error)) return;
    }
    if (this.#abort !== abort) return; // closed, or replaced by another
    this.#abort = null;
    if (!this.#ended) this.#later();
  }

  async #read(abort: AbortController): Promise<void> {
    const response = await send("stream", { signal: abort.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (!reader) return;
    this.#pause = FIRST_PAUSE_MS;
    connection.value = { kind: "live" };
    isLost.value = false;
    this.onOpen();
    const parser = new MessageParser();
    for (;;) {
      const watch = setTimeout(() => abort.abort(), SILENCE_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(watch));
      if (done) return;
      batch(() => parser.take(value).forEach((message) => this.#handle(message)));
      if (this.#ended) return;
    }
  }

  #handle(message: Message): void {
    if (message.event === "end") this.#end("ended");
    else this.onMessage(message);
  }

  #isFinal(error: unknown): boolean {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 401) this.#end("refused");
    if (error.status === 503) this.#end("ended");
    return this.#ended;
  }

  #end(kind: "ended" | "refused"): void {
    this.#ended = true;
    this.#close();
    connection.value = { kind };
  }

  #later(): void {
    connection.value = { kind: "waiting", until: Date.now() + this.#pause };
    isLost.value = true;
    this.#timer = setTimeout(() => void this.#run(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }
}
