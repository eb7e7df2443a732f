/** The last ping that was asked for. */

import { signal } from "@preact/signals";
import { announce } from "../announce";
import { api, words } from "../api";
import type { PingResult } from "../schema";

/** A ping: its result, or why there is none. */
export interface Ping {
  src: string;
  dst: string;
  answer: PingResult | null;
  error: string;
}

export const ping = signal<Ping | null>(null);
export const isPinging = signal(false);

/** Ping from a host, and show what came back. */
export async function startPing(src: string, dst: string, count: number): Promise<void> {
  isPinging.value = true;
  try {
    const answer = await api.ping(src, dst, count);
    ping.value = { src, dst, answer, error: "" };
    announce(`Ping from ${src} to ${dst}: ${answer.received} of ${answer.sent} came back.`);
  } catch (error) {
    ping.value = { src, dst, answer: null, error: words(error) };
  }
  isPinging.value = false;
}
