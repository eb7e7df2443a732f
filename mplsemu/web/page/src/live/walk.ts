/** One packet's way through the network, step by step; the picture and the table show the same step. */

import { computed, signal } from "@preact/signals";
import { announce } from "../announce";
import { api, words } from "../api";
import { lessMotion } from "../theme";
import type { Trace } from "../types";
import { generation } from "./lab";

/** What happens at one place, and the line the packet then takes. */
export interface Step {
  node: string;
  text: string;
  /** On the line; outermost first. */
  labels: readonly number[];
  line: string | null;
  end: "delivered" | "lost" | null;
}

export interface Walk {
  trace: Trace;
  steps: readonly Step[];
  payload: "IP" | "Ethernet";
  /** Whether it is the last one again, in a network that has changed. */
  isAgain: boolean;
  /** Of the program that it was computed from. */
  generation: number;
}

export const walk = signal<Walk | null>(null);
export const step = signal(0);
export const isPlaying = signal(false);
export const isTracing = signal(false);
export const traceError = signal("");
export const follows = signal(true);

/** Whether the network has changed since. */
export const isStale = computed(
  () => walk.value !== null && walk.value.generation < generation.value,
);

/** The site's line that a host `vpn/site/h1` is on. */
function lineOf(host: string): string {
  return host.split("/").slice(0, -1).join("/");
}

/** The steps of a trace: the sender's first, then one for each hop. */
export function stepsOf(trace: Trace): Step[] {
  const end = trace.delivered ? "delivered" : "lost";
  const hops = trace.hops.map((hop, index): Step => {
    const isLast = index === trace.hops.length - 1;
    return {
      node: hop.node,
      text: hop.action,
      labels: hop.out_labels,
      line: hop.link,
      end: isLast ? end : null,
    };
  });
  const start: Step = {
    node: lineOf(trace.src),
    text: `${trace.src} sends to ${trace.dst}`,
    labels: [],
    line: lineOf(trace.src),
    end: hops.length ? null : end,
  };
  return [start, ...hops];
}

/** Ask for a packet's way and show it from its beginning. */
export async function startTrace(src: string, dst: string, isAgain = false): Promise<void> {
  isTracing.value = true;
  traceError.value = "";
  const asked = generation.value;
  try {
    show(await api.trace(src, dst), asked, isAgain);
  } catch (error) {
    traceError.value = words(error);
    announce(`No trace: ${words(error)}`);
  } finally {
    isTracing.value = false;
  }
}

function show(trace: Trace, asked: number, isAgain: boolean): void {
  const before = walk.value;
  walk.value = {
    trace,
    steps: stepsOf(trace),
    payload: trace.hops.some((hop) => hop.vsi !== null) ? "Ethernet" : "IP",
    isAgain,
    generation: asked,
  };
  const hasSameWay = isAgain && before !== null && wayOf(before.trace) === wayOf(trace);
  if (hasSameWay && before.trace.delivered === trace.delivered) return;
  step.value = 0;
  isPlaying.value = !lessMotion();
  const verdict = trace.delivered ? "delivered" : "not delivered";
  announce(`Trace from ${trace.src} to ${trace.dst}: ${verdict}, ${wayOf(trace) || "on its LAN"}.`);
}

/** The routers on the way, in words. */
export function wayOf(trace: Trace): string {
  return trace.hops.length ? `by way of ${trace.hops.map((hop) => hop.node).join(", ")}` : "";
}

/** Ask again, where the network has changed since. */
export function traceAgain(): void {
  const trace = walk.value?.trace;
  if (trace && !isTracing.value) void startTrace(trace.src, trace.dst, true);
}

/** Show another step; by hand, so nothing plays any more. */
export function goTo(index: number): void {
  const last = (walk.value?.steps.length ?? 1) - 1;
  isPlaying.value = false;
  step.value = Math.max(0, Math.min(index, last));
}

/** Show the walk by itself, from its beginning if it is at its end. */
export function play(): void {
  const last = (walk.value?.steps.length ?? 1) - 1;
  if (step.value >= last) step.value = 0;
  isPlaying.value = true;
}

/** No packet any more. */
export function endWalk(): void {
  walk.value = null;
  isPlaying.value = false;
  step.value = 0;
}
