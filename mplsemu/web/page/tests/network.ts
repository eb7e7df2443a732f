/** A small network as the server tells it, and packets through it. */

import { Facts } from "../src/live/lab";
import type { Branch, Exchange, Hop, ProviderSession } from "../src/schema";

export const SESSION: ProviderSession = {
  role: "provider",
  provider: null,
  lab: "small",
  dataplane: "openflow",
  datapath: "userspace",
  vpns: [
    { name: "a", kind: "l3vpn", customer: "A", sites: ["north", "south"], has_picture: true },
    { name: "lan", kind: "vpls", customer: "B", sites: ["one"], has_picture: true },
  ],
  hosts: ["a/north/h1", "a/south/h1"],
  nodes: [
    { name: "n", role: "pe", provider: null },
    { name: "p", role: "p", provider: null },
    { name: "s", role: "pe", provider: null },
  ],
  links: [
    {
      name: "n-p",
      ends: ["n", "p"],
      bandwidth_bps: 1_000_000,
      delay_ms: 2,
      metric: 10,
      loss_percent: 0,
      jitter_ms: 0,
    },
    {
      name: "p-s",
      ends: ["p", "s"],
      bandwidth_bps: 1_000_000,
      delay_ms: 0,
      metric: 10,
      loss_percent: 0,
      jitter_ms: 0,
    },
  ],
};

export const facts = () => new Facts(SESSION);

export function hop(node: string, link: string | null, labels: number[] = []): Hop {
  return {
    node,
    link,
    vrf: null,
    vsi: null,
    in_labels: [],
    action: `sent on ${link}`,
    out_labels: labels,
    out_stack: labels.map((label) => ({ label, tc: 0, ttl: 255 })),
    ip_ttl: 63,
  };
}

export function branch(copy: number, share: number, hops: Hop[], delivered = true): Branch {
  return { copy, share, delivered, end: delivered ? "it arrives" : "it is dropped", hops };
}

export const HOPS = [hop("n", "n-p", [17, 16]), hop("p", "p-s", [16]), hop("s", "a/south")];

export function exchange(changes: Partial<Exchange> = {}): Exchange {
  return {
    src: "a/north/h1",
    dst: "a/south/h1",
    delivered: true,
    hops: HOPS,
    end: "it arrives at a/south/h1",
    packet: null,
    branches: [],
    answer: null,
    ...changes,
  };
}
