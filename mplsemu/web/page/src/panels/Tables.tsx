/** The tables of routers, as `mplsemu show` has them. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api, type TableKind, words } from "../api";
import { type Facts, generation, openings } from "../live/lab";
import { connection } from "../live/stream";
import { tableKind, tableNode } from "../ui";
import { DataTable, type TableData } from "../widgets/DataTable";
import { Icon } from "../widgets/Icon";
import { tablesOf } from "./tableRows";

const KINDS: readonly [TableKind, string][] = [
  ["lfib", "LFIB"],
  ["vrf", "VRF"],
  ["vsi", "VSI"],
  ["lsp", "LSP"],
  ["labels", "Labels"],
  ["macs", "MACs"],
  ["counters", "Counters"],
];
const MANY = 12; // of more routers, one is shown at first
const MEASURED: ReadonlySet<TableKind> = new Set(["macs", "counters"]);
const MEASURED_EVERY_MS = 5000; // no event tells when a switch has learned or counted something
const filter = signal("");

export function Tables({ facts }: { facts: Facts }) {
  const node = chosenNode(facts);
  const { tables, error, refresh } = useTables(tableKind.value, node);
  return (
    <>
      <h2 class="visually-hidden">Tables</h2>
      <div class="filters">
        <div class="segments" role="group" aria-label="Table">
          {KINDS.map(([kind, label]) => (
            <button
              type="button"
              key={kind}
              aria-pressed={kind === tableKind.value}
              onClick={() => (tableKind.value = kind)}
            >
              {label}
            </button>
          ))}
        </div>
        <NodeChoice facts={facts} node={node} />
        <input
          id="table-filter"
          type="search"
          aria-label="Filter rows"
          placeholder="Filter rows"
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <button type="button" class="tool" aria-label="Refresh" title="Refresh" onClick={refresh}>
          <Icon name="refresh" />
        </button>
      </div>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {tables.map((table) => (
        <DataTable key={`${tableKind.value} ${table.caption}`} data={table} filter={filter.value} />
      ))}
    </>
  );
}

function chosenNode(facts: Facts): string | null {
  if (tableNode.value !== undefined) return tableNode.value;
  const nodes = facts.session.nodes.filter(({ name }) => facts.isOwn(name));
  if (nodes.length <= MANY) return null;
  return (nodes.find(({ role }) => role === "pe") ?? nodes[0])?.name ?? null;
}

function NodeChoice({ facts, node }: { facts: Facts; node: string | null }) {
  const nodes = facts.session.nodes.filter(({ name }) => facts.isOwn(name));
  return (
    <label class="choice">
      <span>Router</span>
      <select
        value={node === null ? "" : `=${node}`}
        onChange={(event) => {
          const { value } = event.currentTarget;
          tableNode.value = value === "" ? null : value.slice(1);
        }}
      >
        <option value="">all</option>
        {nodes.map(({ name, role }) => (
          <option key={name} value={`=${name}`}>
            {name} ({role.toUpperCase()})
          </option>
        ))}
      </select>
    </label>
  );
}

/** The tables of a kind; fetched again when the network has changed. */
function useTables(kind: TableKind, node: string | null) {
  const [tables, setTables] = useState<{ kind: TableKind; tables: readonly TableData[] } | null>(
    null,
  );
  const [error, setError] = useState("");
  const [asked, ask] = useState(0);
  const refresh = () => ask((count) => count + 1);

  useEffect(() => {
    const abort = new AbortController();
    api.table(kind, node, abort.signal).then(
      (answer) => {
        setTables({ kind, tables: tablesOf(answer) });
        setError("");
      },
      (problem: unknown) => abort.signal.aborted || setError(words(problem)),
    );
    return () => abort.abort();
  }, [kind, node, generation.value, openings.value, asked]);

  const isLive = connection.value.kind === "live";
  useEffect(() => {
    if (!MEASURED.has(kind) || !isLive) return undefined;
    const timer = setInterval(refresh, MEASURED_EVERY_MS);
    return () => clearInterval(timer);
  }, [kind, isLive]);

  return { tables: tables?.kind === kind ? tables.tables : [], error, refresh };
}
