/** What the page knows of the running lab, as signals: a component that reads one follows it. */

import { computed, signal } from "@preact/signals";
import type { Alarm, EventMessage, ProviderSession, StateMessage, StreamMessages } from "../schema";
import { remember } from "./history";
import type { Message } from "./sse";

const KEPT_EVENTS = 2000;

export const state = signal<StateMessage | null>(null);
export const load = signal<Readonly<Record<string, readonly [number, number]>>>({});
export const events = signal<readonly EventMessage[]>([]); // newest first
export const alarms = signal<readonly Alarm[]>([]);
/** Whether the server has sent the alarms yet. */
export const alarmsCame = signal(false);

/** How often each VPN's picture has changed since the page was opened. */
export const pictureChanges = signal<Readonly<Record<string, number>>>({});

/** How often the stream was opened; what is shown may have changed in between. */
export const openings = signal(0);

/** Links that are being cut (false) or mended (true) at this moment. */
export const pending = signal<ReadonlyMap<string, boolean>>(new Map());

export const generation = computed(() => state.value?.generation ?? 0);
export const down = computed<ReadonlySet<string>>(() => new Set(state.value?.down ?? []));

/** Take one message of the stream. */
export function take({ event, data }: Message): void {
  const value: unknown = JSON.parse(data || "null");
  if (isKnown(event)) TAKE[event](value as never);
}

type Known = Exclude<keyof StreamMessages, "end">; // the stream itself takes the end

const TAKE: { readonly [E in Known]: (message: StreamMessages[E]) => void } = {
  state: (message) => (state.value = message),
  event: addEvent,
  load({ links }) {
    load.value = links;
    remember(links);
  },
  alarms(message) {
    alarms.value = message.alarms;
    alarmsCame.value = true;
  },
  pictures: ({ vpns }) => count(vpns),
};

function isKnown(event: string): event is Known {
  return Object.hasOwn(TAKE, event);
}

/** The stream is open (again). */
export function opened(): void {
  openings.value += 1;
}

/** Show a link as cut or mended before the stream says so. */
export function assume(link: string, up: boolean): void {
  const now = state.value;
  if (!now) return;
  const others = now.down.filter((name) => name !== link);
  state.value = { ...now, down: up ? others : [...others, link] };
}

function addEvent(event: EventMessage): void {
  // each connection brings the last events again; numbers begin anew with the controller
  const isKnown = events.value.some(
    ({ number, time_s }) => number === event.number && time_s === event.time_s,
  );
  if (isKnown) return;
  events.value = [event, ...events.value].slice(0, KEPT_EVENTS);
}

function count(vpns: readonly string[]): void {
  const counts = { ...pictureChanges.value };
  for (const vpn of vpns) counts[vpn] = (counts[vpn] ?? 0) + 1;
  pictureChanges.value = counts;
}

/** What the session says, by name. */
export class Facts {
  readonly links: ReadonlyMap<string, ProviderSession["links"][number]>;
  readonly nodes: ReadonlyMap<string, ProviderSession["nodes"][number]>;
  readonly circuits: ReadonlySet<string>;

  constructor(readonly session: ProviderSession) {
    this.links = new Map(session.links.map((link) => [link.name, link]));
    this.nodes = new Map(session.nodes.map((node) => [node.name, node]));
    this.circuits = new Set(
      session.vpns.flatMap((vpn) => vpn.sites.map((site) => `${vpn.name}/${site}`)),
    );
  }

  /** Whether a router is the reader's: at borders one of several providers sees another's. */
  isOwn(node: string): boolean {
    return this.session.provider === null || this.nodes.get(node)?.provider === null;
  }

  /** The links of a router. */
  linksOf(node: string): ProviderSession["links"] {
    return this.session.links.filter((link) => link.ends.includes(node));
  }
}
