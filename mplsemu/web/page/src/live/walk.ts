/** The path of one packet, step by step; picture and table show the same step. */

import { computed, signal } from "@preact/signals";
import { announce } from "../announce";
import { api, words } from "../api";
import { lessMotion } from "../theme";
import type { Exchange, Hop } from "../schema";
import { generation } from "./lab";

/** What happens at one place, and the line that the packet then takes. */
export interface Step {
  node: string;
  text: string;
  /** The label stack on that line, outermost first. */
  labels: readonly number[];
  line: string | null;
  end: "delivered" | "lost" | null;
}

/** A path of a packet: it takes one of several of equal cost; each copy of a flooded frame has its own. */
export interface Way {
  hops: readonly Hop[];
  share: number;
  delivered: boolean;
  /** Which copy takes it, from 1. */
  copy: number;
}

export interface Walk {
  trace: Exchange;
  /** At least one. */
  ways: readonly Way[];
  /** The one that is shown, from 0. */
  index: number;
  steps: readonly Step[];
  /** The steps of the other copies, each on its first path. */
  others: readonly (readonly Step[])[];
  payload: "IP" | "Ethernet";
  /** Whether it is the same trace again, after the network has changed. */
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

/** Whether the network has changed since the trace. */
export const isStale = computed(
  () => walk.value !== null && walk.value.generation < generation.value,
);

/** The site's line that a host `vpn/site/h1` is on. */
function lineOf(host: string): string {
  return host.split("/").slice(0, -1).join("/");
}

/** All paths of a packet: those of equal cost, of every copy of a flooded frame. */
export function waysOf(trace: Exchange): Way[] {
  const { hops, delivered, branches } = trace;
  const own = branches.find((branch) => pathOf(branch.hops) === pathOf(hops));
  if (!own) return [{ hops, share: 1, delivered, copy: 1 }];
  const isFlooded = branches.some(({ copy }) => copy !== own.copy);
  return branches.map((branch) => {
    if (branch !== own) return branch;
    return { ...own, hops, delivered: isFlooded ? own.delivered : delivered };
  });
}

/** How many copies there are. */
export function copiesOf({ ways }: Walk): number {
  return new Set(ways.map(({ copy }) => copy)).size;
}

/** Where a path ends, in words: the site's line on which the packet is delivered. */
export function endOf({ hops, delivered }: Way): string {
  if (!delivered) return "lost";
  return hops[hops.length - 1]?.link ?? "the host's own LAN";
}

/** Whether another provider has the packet now, and the reader is not told what becomes of it. */
export function isHandedOver({ handed_over }: Exchange): boolean {
  return handed_over === true;
}

/** The last step of the copy with the longest path. */
export function lastStep({ steps, others }: Walk): number {
  return Math.max(steps.length, ...others.map(({ length }) => length)) - 1;
}

/** The steps of a packet on one of its ways: the sender's first, then one for each hop. */
export function stepsOf(trace: Exchange, way: Way): Step[] {
  const missing = isHandedOver(trace) ? null : "lost";
  const end = way.delivered ? "delivered" : missing;
  const hops = way.hops.map((hop, index): Step => {
    const isLast = index === way.hops.length - 1;
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

/** Trace a packet, and show it from the beginning. */
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

function show(trace: Exchange, asked: number, isAgain: boolean): void {
  const before = walk.value;
  const ways = waysOf(trace);
  const own = ways.findIndex((way) => way.hops === trace.hops);
  const same = isAgain && before && trace.delivered ? ways.findIndex(isLike(shownWay(before))) : -1;
  const found: Walk = {
    trace,
    ways,
    index: 0,
    steps: [],
    others: [],
    payload: ways.some(({ hops }) => hops.some(({ vsi }) => vsi !== null)) ? "Ethernet" : "IP",
    isAgain,
    generation: asked,
  };
  walk.value = onWay(found, same < 0 ? own : same);
  if (same >= 0 && before?.trace.delivered) return;
  begin();
  const missing = isHandedOver(trace) ? trace.end : "not delivered";
  const verdict = trace.delivered ? "delivered" : missing;
  const words = [verdict, wayOf(shownWay(walk.value)) || "on its LAN"];
  const copies = copiesOf(walk.value);
  if (copies > 1) words.push(`one of ${copies} copies`);
  else if (ways.length > 1) words.push(`one of ${ways.length} ways of equal cost`);
  announce(`Trace from ${trace.src} to ${trace.dst}: ${words.join(", ")}.`);
}

/** Show another path of equal cost, or another copy. */
export function chooseWay(index: number): void {
  const shown = walk.value;
  if (!shown?.ways[index]) return;
  walk.value = { ...onWay(shown, index), isAgain: false };
  begin();
}

function begin(): void {
  step.value = 0;
  isPlaying.value = !lessMotion();
}

function onWay(found: Walk, index: number): Walk {
  const moved = { ...found, index };
  const { copy } = shownWay(moved);
  const others = new Map<number, Way>();
  for (const way of found.ways) {
    // a copy that stays on the host's own LAN passes nothing that is drawn
    if (way.copy !== copy && way.hops.length && !others.has(way.copy)) others.set(way.copy, way);
  }
  return {
    ...moved,
    steps: stepsOf(found.trace, shownWay(moved)),
    others: [...others.values()].map((way) => stepsOf(found.trace, way)),
  };
}

/** The path that is shown. */
export function shownWay({ trace, ways, index }: Walk): Way {
  return ways[index] ?? { hops: trace.hops, share: 1, delivered: trace.delivered, copy: 1 };
}

/** The routers on a path, in words. */
export function wayOf({ hops }: Way): string {
  return hops.length ? `by way of ${hops.map((hop) => hop.node).join(", ")}` : "";
}

/** What distinguishes paths: routers and links. */
function pathOf(hops: readonly Hop[]): string {
  return JSON.stringify(hops.map(({ node, link }) => [node, link]));
}

function isLike(way: Way): (other: Way) => boolean {
  return (other) => pathOf(other.hops) === pathOf(way.hops);
}

/** Trace again in the network as it is now. */
export function traceAgain(): void {
  const trace = walk.value?.trace;
  if (trace && !isTracing.value) void startTrace(trace.src, trace.dst, true);
}

/** Show a step that the reader chose, and stop playing. */
export function goTo(index: number): void {
  const last = walk.value ? lastStep(walk.value) : 0;
  isPlaying.value = false;
  step.value = Math.max(0, Math.min(index, last));
}

/** Play the steps, from the beginning if it is at the end. */
export function play(): void {
  const last = walk.value ? lastStep(walk.value) : 0;
  if (step.value >= last) step.value = 0;
  isPlaying.value = true;
}

/** Show no packet any more. */
export function endWalk(): void {
  walk.value = null;
  isPlaying.value = false;
  step.value = 0;
}
