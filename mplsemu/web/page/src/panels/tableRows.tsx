/** What `mplsemu show --json` prints (docs/json.md), as rows of tables. */

import { parallelLinks, wayText } from "../crossing";
import { fraction } from "../format";
import { Labels } from "../widgets/Labels";
import type { Column, Row, TableData } from "../widgets/DataTable";

interface Tunnel {
  labels: number[];
  link: string;
  port: number;
  next_hop: string;
  /** Further ways of equal cost. */
  more: Tunnel[];
}

interface Circuit {
  name: string;
  port: number;
  up: boolean;
  addresses: string[];
}

interface LfibEntry {
  in_label: number | null;
  action: string;
  out_labels: number[];
  link: string | null;
  next_hop: string | null;
  egress: string | null;
  service: string | null;
  peer: string | null;
  ip_version: number | null;
}

interface Route {
  code: string;
  imported: boolean;
  prefix: string;
  circuit: string | null;
  via: string | null;
  vrf: string | null;
  egress: string | null;
  label: number | null;
  tunnel: Tunnel | null;
}

interface Vrf {
  vrf: string;
  rd: string;
  import_targets: string[];
  export_targets: string[];
  label: number | null;
  label6: number | null;
  circuits: Circuit[];
  routes: Route[];
  neighbours: { address: string; mac: string; circuit: string }[];
}

interface Vsi {
  vsi: string;
  kind: string;
  mac_aging_s: number;
  circuits: Circuit[];
  pseudowires: { peer: string; in_label: number; out_label: number; tunnel: Tunnel | null }[];
}

interface Lsp {
  ingress: string;
  egress: string;
  hops: { node: string; link: string; labels: number[]; next_hop: string }[];
  complete: boolean;
  metric: number;
  delay_ms: number;
  way: number;
  ways: number;
  share: number;
}

interface LabelRow {
  label: number;
  kind: string;
  bound_to: string | null;
  peer: string | null;
  ip_version: number | null;
}

interface Mac {
  node: string;
  vsi: string;
  mac: string;
  circuit: string | null;
  peer: string | null;
}

interface Counter {
  node: string;
  kind: string;
  name: string;
  peer: string | null;
  packets: number;
  octets: number;
}

export type Answer =
  | { table: "lfib"; nodes: { node: string; entries: LfibEntry[] }[] }
  | { table: "vrf"; nodes: { node: string; vrfs: Vrf[] }[] }
  | { table: "vsi"; nodes: { node: string; vsis: Vsi[] }[] }
  | { table: "lsp"; lsps: Lsp[] }
  | { table: "labels"; nodes: { node: string; labels: LabelRow[] }[] }
  | { table: "macs"; macs: Mac[] }
  | { table: "counters"; dataplane: string; counted: boolean; counters: Counter[] };

/** The tables that an answer makes; none of a kind that this page does not know. */
export function tablesOf(answer: Answer): TableData[] {
  switch (answer.table) {
    case "lfib":
      return [lfib(answer.nodes)];
    case "vrf":
      return vrfs(answer.nodes);
    case "vsi":
      return vsis(answer.nodes);
    case "lsp":
      return [lsps(answer.lsps)];
    case "labels":
      return [labels(answer.nodes)];
    case "macs":
      return [macs(answer.macs)];
    case "counters":
      return [counters(answer.counters, answer.counted, answer.dataplane)];
    default:
      return [];
  }
}

const column = (key: string, title: string, isNumber = false): Column => ({ key, title, isNumber });

/** A column of labels; the row has them as text, for filter and order. */
function stack(key: string, title: string, isWhole: boolean): Column {
  const show = (row: Row) => {
    const text = String(row[key] ?? "");
    return text === "" ? "" : <Labels labels={text.split(" ").map(Number)} isWhole={isWhole} />;
  };
  return { key, title, show };
}

const NODE = column("node", "Router");

function lfib(nodes: { node: string; entries: LfibEntry[] }[]): TableData {
  const rows = nodes.flatMap(({ node, entries }) =>
    entries.map((entry): Row => ({
      node,
      in: entry.in_label,
      action: entry.action,
      out: entry.out_labels.join(" "),
      link: entry.link,
      next: entry.next_hop,
      to: entry.egress ?? serviceOf(entry),
    })),
  );
  return {
    caption: "LFIB: label forwarding",
    columns: [
      NODE,
      column("in", "In", true),
      column("action", "Action"),
      stack("out", "Out", false),
      column("link", "Link"),
      column("next", "Next hop"),
      column("to", "Egress or service"),
    ],
    rows,
    empty: "No entries.",
  };
}

function serviceOf({ service, peer, ip_version }: LfibEntry): string | null {
  if (service === null) return null;
  if (peer !== null) return `VSI ${service}, from ${peer}`;
  return `VRF ${service}${ip_version === null ? "" : `, IPv${ip_version}`}`;
}

function tunnelText(tunnel: Tunnel | null): string {
  return waysOf(tunnel)
    .map(({ link, next_hop }) => `${link} to ${next_hop}`)
    .join(", ");
}

/** The labels that are pushed, of each way if they differ. */
function pushedText(tunnel: Tunnel | null, service: number[]): string {
  const stacks = tunnel ? waysOf(tunnel).map(({ labels }) => labels) : [[]];
  return [...new Set(stacks.map((labels) => [...labels, ...service].join(" ")))].join(" or ");
}

function waysOf(tunnel: Tunnel | null): Tunnel[] {
  return tunnel === null ? [] : [tunnel, ...tunnel.more];
}

function vrfs(nodes: { node: string; vrfs: Vrf[] }[]): TableData[] {
  const all = nodes.flatMap(({ node, vrfs }) => vrfs.map((vrf) => ({ node, vrf })));
  const vrf = column("vrf", "VRF");
  return [
    {
      caption: "VRF routes",
      columns: [
        NODE,
        vrf,
        column("prefix", "Prefix"),
        column("via", "By way of"),
        stack("labels", "Labels", true),
        column("tunnel", "Out"),
        column("code", "Code"),
      ],
      rows: all.flatMap(({ node, vrf }) =>
        vrf.routes.map((route) => routeRow(node, vrf.vrf, route)),
      ),
      empty: "No routes.",
    },
    {
      caption: "VRFs",
      columns: [
        NODE,
        vrf,
        column("rd", "RD"),
        column("imports", "Import"),
        column("exports", "Export"),
        column("label", "Label", true),
        column("label6", "IPv6", true),
        column("circuits", "Circuits"),
      ],
      rows: all.map(({ node, vrf }) => ({
        node,
        vrf: vrf.vrf,
        rd: vrf.rd,
        imports: vrf.import_targets.join(", "),
        exports: vrf.export_targets.join(", "),
        label: vrf.label,
        label6: vrf.label6,
        circuits: circuitsText(vrf.circuits),
      })),
      empty: "No VRFs: only PEs have them.",
    },
    {
      caption: "Neighbours",
      columns: [
        NODE,
        vrf,
        column("address", "Address"),
        column("mac", "MAC"),
        column("circuit", "Circuit"),
      ],
      rows: all.flatMap(({ node, vrf }) =>
        vrf.neighbours.map((found) => ({ node, vrf: vrf.vrf, ...found })),
      ),
      empty: "No neighbours.",
    },
  ];
}

function routeRow(node: string, vrf: string, route: Route): Row {
  const service = route.label === null ? [] : [route.label];
  const via =
    route.egress ?? route.via ?? (route.vrf === null ? route.circuit : `VRF ${route.vrf}`);
  return {
    node,
    vrf,
    prefix: route.prefix,
    code: `${route.code}${route.imported ? ", imported" : ""}`,
    via,
    labels: pushedText(route.tunnel, service),
    tunnel: tunnelText(route.tunnel),
  };
}

function circuitsText(circuits: Circuit[]): string {
  return circuits.map(({ name, up }) => (up ? name : `${name} (down)`)).join(", ");
}

function vsis(nodes: { node: string; vsis: Vsi[] }[]): TableData[] {
  const all = nodes.flatMap(({ node, vsis }) => vsis.map((vsi) => ({ node, vsi })));
  const vsi = column("vsi", "VSI");
  return [
    {
      caption: "Pseudowires",
      columns: [
        NODE,
        vsi,
        column("peer", "Peer"),
        column("in", "In", true),
        stack("out", "Out", true),
        column("tunnel", "Out by"),
      ],
      rows: all.flatMap(({ node, vsi }) =>
        vsi.pseudowires.map((wire) => ({
          node,
          vsi: vsi.vsi,
          peer: wire.peer,
          in: wire.in_label,
          out: pushedText(wire.tunnel, [wire.out_label]),
          tunnel: tunnelText(wire.tunnel),
        })),
      ),
      empty: "No pseudowires.",
    },
    {
      caption: "VSIs",
      columns: [
        NODE,
        vsi,
        column("kind", "Kind"),
        column("aging", "MAC aging, s", true),
        column("circuits", "Circuits"),
      ],
      rows: all.map(({ node, vsi }) => ({
        node,
        vsi: vsi.vsi,
        kind: vsi.kind.toUpperCase(),
        aging: vsi.mac_aging_s,
        circuits: circuitsText(vsi.circuits),
      })),
      empty: "No VSIs: only PEs have them.",
    },
  ];
}

function lsps(found: Lsp[]): TableData {
  const named = parallelLinks(found.flatMap(({ hops }) => hops));
  const isSpread = found.some(({ ways }) => ways > 1);
  return {
    caption: "LSPs between PEs",
    columns: [
      column("ingress", "Ingress"),
      column("egress", "Egress"),
      column("way", "Way"),
      ...(isSpread ? [column("which", "Of equal cost"), column("flows", "Flows", true)] : []),
      column("labels", "Labels on each link"),
      column("metric", "Metric", true),
      column("delay", "Delay, ms", true),
      column("state", "State"),
    ],
    rows: found.map((lsp) => ({
      ingress: lsp.ingress,
      egress: lsp.egress,
      way: wayText(lsp.ingress, lsp.hops, named),
      which: lsp.ways > 1 ? `${lsp.way} of ${lsp.ways}` : "",
      flows: fraction(lsp.share),
      labels: lsp.hops.map((hop) => hop.labels.join(" ") || "popped").join(", "),
      metric: lsp.metric,
      delay: lsp.delay_ms,
      state: lsp.complete ? "complete" : "broken",
    })),
    empty: "No LSPs.",
  };
}

function labels(nodes: { node: string; labels: LabelRow[] }[]): TableData {
  return {
    caption: "Label spaces",
    columns: [
      NODE,
      column("label", "Label", true),
      column("kind", "Kind"),
      column("bound", "Bound to"),
      column("peer", "From peer"),
      column("ip", "IP version", true),
    ],
    rows: nodes.flatMap(({ node, labels }) =>
      labels.map((row) => ({
        node,
        label: row.label,
        kind: row.kind,
        bound: row.bound_to,
        peer: row.peer,
        ip: row.ip_version,
      })),
    ),
    empty: "No labels bound.",
  };
}

function macs(found: Mac[]): TableData {
  return {
    caption: "MAC addresses that VPLS have learned",
    columns: [NODE, column("vsi", "VSI"), column("mac", "MAC"), column("where", "Where")],
    rows: found.map(({ node, vsi, mac, circuit, peer }) => ({
      node,
      vsi,
      mac,
      where: circuit ?? `pseudowire to ${peer}`,
    })),
    empty: "Nothing learned: no frame has passed a VPLS for a while.",
  };
}

const COUNTED: Record<string, (counter: Counter) => string> = {
  lsp: ({ name }) => `label ${name}`,
  tunnel: ({ name }) => `tunnel to ${name}`,
  "vrf-in": ({ name }) => `VRF ${name}, from its sites`,
  "vrf-out": ({ name }) => `VRF ${name}, to its sites`,
  "pseudowire-in": ({ name, peer }) => `VSI ${name}, from ${peer}`,
  "pseudowire-out": ({ name, peer }) => `VSI ${name}, to ${peer}`,
  drop: ({ name }) => `dropped: ${name}`,
};

function counters(found: Counter[], isCounted: boolean, dataplane: string): TableData {
  return {
    caption: "Packets by LSP, tunnel, VRF and pseudowire",
    columns: [
      NODE,
      column("what", "What"),
      column("packets", "Packets", true),
      column("octets", "Octets", true),
    ],
    rows: found.map((counter) => ({
      node: counter.node,
      what: COUNTED[counter.kind]?.(counter) ?? `${counter.kind} ${counter.name}`,
      packets: counter.packets,
      octets: counter.octets,
    })),
    empty: isCounted ? "Nothing is counted here." : `The data plane ${dataplane} does not count.`,
  };
}
