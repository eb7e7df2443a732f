/** What the server answers: the shapes of docs/web.md and docs/json.md. */

export interface Vpn {
  name: string;
  kind: "l3vpn" | "vpls" | "vpws";
  customer: string;
  sites: string[];
}

export interface Router {
  name: string;
  role: "pe" | "p";
}

export interface Link {
  name: string;
  ends: [string, string];
  bandwidth_bps: number;
  delay_ms: number;
  metric: number;
}

export interface ProviderSession {
  role: "provider";
  lab: string;
  dataplane: string;
  datapath: string;
  vpns: Vpn[];
  hosts: string[];
  nodes: Router[];
  links: Link[];
}

export interface CustomerSession {
  role: "customer";
  customer: string;
  vpns: { name: string; kind: Vpn["kind"] }[];
}

export type Session = ProviderSession | CustomerSession;

export interface Picture {
  generation?: number;
  svg: string;
}

export interface LabState {
  generation: number;
  in_sync: boolean;
  down: string[];
  controller: boolean;
}

export interface LabEvent {
  number: number;
  time_s: number;
  kind: string;
  text: string;
  took_ms: number | null;
}

export type Severity = "critical" | "major" | "minor";

export interface Alarm {
  severity: Severity;
  object: string;
  text: string;
}

export interface LinkChange {
  link: string;
  up: boolean;
  took_ms: number;
}

export interface PingResult {
  sent: number;
  received: number;
  rtt_ms: number[];
  output: string;
}

export interface Hop {
  node: string;
  vrf: string | null;
  vsi: string | null;
  in_labels: number[];
  action: string;
  out_labels: number[];
  link: string | null;
  out_stack?: { label: number; tc: number; ttl: number }[];
  ip_ttl?: number | null;
}

/** One way of one copy of a packet; of those of the same copy, the packet takes one. */
export interface Branch {
  copy: number;
  /** Part of the flows that take it. */
  share: number;
  delivered: boolean;
  end: string;
  hops: Hop[];
}

export interface Trace {
  src: string;
  dst: string;
  delivered: boolean;
  hops: Hop[];
  /** What became of it, for people. */
  end?: string;
  /** Empty where there is one copy with one way. */
  branches?: Branch[];
}
