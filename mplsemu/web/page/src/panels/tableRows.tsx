/** What `mplsemu show --json` prints (docs/json.md), as rows of tables. */

import type { Table } from "../api";
import { parallelLinks, wayText } from "../crossing";
import { fraction } from "../format";
import type {
  Circuit,
  Counter,
  CounterTable,
  LabelTable,
  LearnedMac,
  LfibEntry,
  LfibTable,
  Lsp,
  Pseudowire,
  Route,
  Tunnel,
  Vsi,
  VrfTable,
  VsiTable,
} from "../schema";
import { Labels } from "../widgets/Labels";
import type { Column, Row, TableData } from "../widgets/DataTable";

/** The tables that an answer makes. */
export function tablesOf(answer: Table): TableData[] {
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
      return [counters(answer)];
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

function lfib(nodes: LfibTable["nodes"]): TableData {
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

function vrfs(nodes: VrfTable["nodes"]): TableData[] {
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
        rd: vrf.rd ?? "none (6PE)",
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
  return circuits.map((circuit) => circuitText(circuit)).join(", ");
}

/** A circuit, with what it is in an E-Tree, if it is in one, and what its line does. */
function circuitText({ name, up, standby, blocked, vlan }: Circuit, role?: string): string {
  const reason = blocked ? "blocked" : "down";
  const state = standby ? "standby" : reason;
  const words = [role, up ? undefined : state].filter((word) => word !== undefined);
  const tagged = vlan === undefined ? name : `${name} VLAN ${vlan}`;
  return words.length ? `${tagged} (${words.join(", ")})` : tagged;
}

const treeRole = ({ leaf }: Circuit) => (leaf ? "leaf" : "root");

/** Whether a VSI tells of an E-Tree's leaves, here or at other PEs. */
function hasLeaves({ circuits, pseudowires }: Vsi): boolean {
  return circuits.some(({ leaf }) => leaf) || pseudowires.some(({ leaf }) => leaf);
}

/** What is beyond a pseudowire, and whether it carries frames: as `mplsemu show vsi` says it. */
function wireRole({ spoke, to_hub, secondary, standby, leaf }: Pseudowire): string {
  const far = to_hub ? "hub" : "mesh";
  const redundancy = secondary ? "secondary" : "";
  const words = [spoke ? "spoke" : far, standby ? "standby" : redundancy, leaf ? "leaves" : ""];
  return words.filter(Boolean).join(", ");
}

function vsis(nodes: VsiTable["nodes"]): TableData[] {
  const all = nodes.flatMap(({ node, vsis }) => vsis.map((vsi) => ({ node, vsi })));
  const vsi = column("vsi", "VSI");
  const eTrees = new Set(all.filter(({ vsi }) => hasLeaves(vsi)).map(({ vsi }) => vsi.vsi));
  const hasLeafLabels = all.some(({ vsi }) =>
    vsi.pseudowires.some((wire) => wire.leaf_in_label !== undefined),
  );
  return [
    {
      caption: "Pseudowires",
      columns: [
        NODE,
        vsi,
        column("peer", "Peer"),
        column("role", "Role"),
        column("in", "In", true),
        stack("out", "Out", true),
        ...(hasLeafLabels
          ? [column("leafIn", "Leaves in", true), stack("leafOut", "Leaves out", true)]
          : []),
        column("tunnel", "Out by"),
      ],
      rows: all.flatMap(({ node, vsi }) =>
        vsi.pseudowires.map((wire) => ({
          node,
          vsi: vsi.vsi,
          peer: wire.peer,
          role: wireRole(wire),
          in: wire.in_label,
          out: pushedText(wire.tunnel, [wire.out_label]),
          leafIn: wire.leaf_in_label ?? null,
          leafOut:
            wire.leaf_out_label === undefined ? "" : pushedText(wire.tunnel, [wire.leaf_out_label]),
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
        column("limit", "MAC limit", true),
        column("word", "Control word"),
        column("settings", "Settings"),
        column("circuits", "Circuits"),
      ],
      rows: all.map(({ node, vsi }) => ({
        node,
        vsi: vsi.vsi,
        kind: vsi.kind.toUpperCase() + (eTrees.has(vsi.vsi) ? ", E-Tree" : ""),
        aging: vsi.mac_aging_s,
        limit: vsi.mac_limit,
        word: hasControlWord(vsi) ? "yes" : "no",
        settings: vsi.settings.join(", "),
        circuits: eTrees.has(vsi.vsi)
          ? vsi.circuits.map((circuit) => circuitText(circuit, treeRole(circuit))).join(", ")
          : circuitsText(vsi.circuits),
      })),
      empty: "No VSIs: only PEs have them.",
    },
    ...multicastGroups(all),
  ];
}

/** Where a VSI snoops (IGMP, MLD), to whom what is for which group goes. */
function multicastGroups(all: { node: string; vsi: Vsi }[]): TableData[] {
  if (!all.some(({ vsi }) => vsi.settings.includes("igmp_snooping: true"))) return [];
  return [
    {
      caption: "Multicast groups",
      columns: [
        NODE,
        column("vsi", "VSI"),
        column("group", "Group"),
        column("circuits", "Circuits"),
        column("peers", "PEs"),
      ],
      rows: all.flatMap(({ node, vsi }) =>
        (vsi.groups ?? []).map(({ group, circuits, peers }) => ({
          node,
          vsi: vsi.vsi,
          group,
          circuits: circuits.join(", "),
          peers: peers.join(", "),
        })),
      ),
      empty: "No groups: no host has joined one.",
    },
  ];
}

function hasControlWord({ pseudowires }: Vsi): boolean {
  return pseudowires.some(({ control_word }) => control_word);
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

function labels(nodes: LabelTable["nodes"]): TableData {
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

function macs(found: LearnedMac[]): TableData {
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

function counters({ counters: found, counted, dataplane }: CounterTable): TableData {
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
    empty: counted ? "Nothing is counted here." : `The data plane ${dataplane} does not count.`,
  };
}
