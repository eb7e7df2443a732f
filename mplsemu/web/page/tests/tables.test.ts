import assert from "node:assert/strict";
import { test } from "node:test";
import { tablesOf } from "../src/panels/tableRows";
import type { Tunnel } from "../src/schema";

const TUNNEL: Tunnel = {
  labels: [16],
  link: "n-p",
  port: 1,
  next_hop: "p",
  more: [{ labels: [20], link: "n-s", port: 2, next_hop: "s", more: [] }],
};
const CIRCUIT = { name: "lan/one", port: 3, up: false, addresses: [] };
const lab = "small";

test("an LFIB entry says what it is for", () => {
  const none = { port: null, next_hop: null, egress: null, service: null, peer: null };
  const entry = { ...none, in_label: 16, action: "vrf", out_labels: [], link: null, ip_version: 4 };
  const entries = [
    { ...entry, service: "a" },
    { ...entry, action: "pseudowire", service: "lan", peer: "s", ip_version: null },
    { ...entry, action: "swap", out_labels: [17, 18], egress: "s", ip_version: null },
  ];
  const [table] = tablesOf({ lab, table: "lfib", nodes: [{ node: "n", entries }] });
  assert.deepEqual(
    table?.rows.map(({ out, to }) => [out, to]),
    [
      ["", "VRF a, IPv4"],
      ["", "VSI lan, from s"],
      ["17 18", "s"],
    ],
  );
});

test("a VRF's route shows its labels and next hops of equal cost", () => {
  const route = {
    code: "V",
    imported: true,
    prefix: "10.0.0.0/24",
    rd: "1:1",
    circuit: "a/south",
    via: null,
    vrf: null,
    egress: "s",
    label: 30,
    tunnel: TUNNEL,
  };
  const vrf = {
    vrf: "a",
    rd: "1:1",
    import_targets: ["1:1", "1:2"],
    export_targets: ["1:1"],
    label: 18,
    label6: null,
    circuits: [CIRCUIT],
    routes: [route],
    neighbours: [{ address: "10.0.1.2", mac: "02:00:00:00:00:01", circuit: "a/north" }],
  };
  const [routes, vrfs, neighbours] = tablesOf({
    lab,
    table: "vrf",
    nodes: [{ node: "n", vrfs: [vrf] }],
  });
  const [row] = routes?.rows ?? [];
  assert.equal(row?.["labels"], "16 30 or 20 30");
  assert.equal(row?.["tunnel"], "n-p to p, n-s to s");
  assert.equal(row?.["code"], "V, imported");
  assert.equal(vrfs?.rows[0]?.["imports"], "1:1, 1:2");
  assert.equal(vrfs?.rows[0]?.["circuits"], "lan/one (down)");
  assert.equal(neighbours?.rows[0]?.["address"], "10.0.1.2");
});

test("a VSI shows its MAC limit and whether it uses the control word", () => {
  const pw = { peer: "s", in_label: 18, out_label: 20, control_word: true, tunnel: null };
  const vsi = {
    vsi: "lan",
    kind: "vpls",
    mac_aging_s: 300,
    mac_limit: 64,
    circuits: [CIRCUIT],
    pseudowires: [pw],
    settings: ["l2cp: drop", "unknown_unicast: drop"],
  };
  const [pseudowires, vsis] = tablesOf({ lab, table: "vsi", nodes: [{ node: "n", vsis: [vsi] }] });
  assert.equal(pseudowires?.rows[0]?.["out"], "20");
  assert.deepEqual(
    [vsis?.rows[0]?.["kind"], vsis?.rows[0]?.["limit"], vsis?.rows[0]?.["word"]],
    ["VPLS", 64, "yes"],
  );
  assert.equal(vsis?.rows[0]?.["settings"], "l2cp: drop, unknown_unicast: drop");
});

test("an E-Tree with hub PEs says what its circuits and pseudowires are", () => {
  const pw = { peer: "s", in_label: 18, out_label: 20, control_word: false, tunnel: null };
  const leaf = { ...CIRCUIT, name: "lan/two", up: true, leaf: true };
  const vsi = { vsi: "lan", kind: "vpls", mac_aging_s: 300, mac_limit: null, settings: [] };
  const circuits = [CIRCUIT, leaf];
  const wires = [
    { ...pw, spoke: true, standby: true, secondary: true },
    { ...pw, spoke: true, secondary: true },
    { ...pw, to_hub: true, leaf: true },
    { ...pw, leaf_in_label: 19, leaf_out_label: 21 },
  ];
  const nodes = [
    { node: "n", vsis: [{ ...vsi, circuits, pseudowires: wires }] },
    { node: "s", vsis: [{ ...vsi, circuits: [CIRCUIT], pseudowires: [] }] },
  ];
  const [pseudowires, vsis] = tablesOf({ lab, table: "vsi", nodes });
  assert.deepEqual(
    pseudowires?.rows.map(({ role }) => role),
    ["spoke, standby", "spoke, secondary", "hub, leaves", "mesh"],
  );
  const last = pseudowires?.rows[3];
  assert.deepEqual([last?.["leafIn"], last?.["leafOut"]], [19, "21"]);
  assert.deepEqual(
    vsis?.rows.map(({ kind, circuits }) => [kind, circuits]),
    [
      ["VPLS, E-Tree", "lan/one (root, down), lan/two (leaf)"],
      ["VPLS, E-Tree", "lan/one (root, down)"],
    ],
  );
});

test("of LSPs of equal cost it is said which, and how many flows take it", () => {
  const hops = [{ node: "n", link: "n-p", labels: [16], next_hop: "p" }];
  const lsp = { ingress: "n", egress: "s", hops, complete: true, metric: 20, delay_ms: 0 };
  const [table] = tablesOf({
    lab,
    table: "lsp",
    lsps: [{ ...lsp, way: 2, ways: 3, share: 1 / 3 }],
  });
  assert.deepEqual(
    [table?.rows[0]?.["which"], table?.rows[0]?.["flows"], table?.rows[0]?.["way"]],
    ["2 of 3", "1/3", "n – p"],
  );
});

test("a VSI that snoops says to whom groups go, and which circuits are blocked", () => {
  const vsi = {
    vsi: "lan",
    kind: "vpls",
    mac_aging_s: 300,
    mac_limit: null,
    circuits: [{ ...CIRCUIT, blocked: true }],
    pseudowires: [],
    settings: ["igmp_snooping: true"],
  };
  const group = { group: "239.1.1.1", circuits: ["lan/one", "lan/two"], peers: ["s"] };
  const shown = (vsis: object[]) =>
    tablesOf({ lab, table: "vsi", nodes: [{ node: "n", vsis: vsis as (typeof vsi)[] }] });
  const [, vsis, groups] = shown([{ ...vsi, groups: [group] }]);
  assert.equal(vsis?.rows[0]?.["circuits"], "lan/one (blocked)");
  assert.equal(groups?.caption, "Multicast groups");
  assert.deepEqual(groups?.rows, [
    { node: "n", vsi: "lan", group: "239.1.1.1", circuits: "lan/one, lan/two", peers: "s" },
  ]);
  assert.deepEqual(shown([vsi])[2]?.rows, []);
  assert.equal(shown([{ ...vsi, settings: [] }]).length, 2);
});

test("labels, learned MAC addresses and counters are told in words", () => {
  const bound = { label: 17, kind: "lsp", bound_to: "s", peer: null, ip_version: null };
  const [labels] = tablesOf({ lab, table: "labels", nodes: [{ node: "n", labels: [bound] }] });
  assert.equal(labels?.rows[0]?.["bound"], "s");
  const mac = { node: "n", vsi: "lan", mac: "02:00:00:00:00:0a", circuit: null, peer: "s" };
  const [macs] = tablesOf({ lab, table: "macs", macs: [mac] });
  assert.equal(macs?.rows[0]?.["where"], "pseudowire to s");
  const counter = { node: "n", kind: "vrf-in", name: "a", peer: null, packets: 3, octets: 300 };
  const counted = { lab, table: "counters", dataplane: "ebpf", counted: true } as const;
  const [counters] = tablesOf({ ...counted, counters: [counter] });
  assert.equal(counters?.rows[0]?.["what"], "VRF a, from its sites");
});
