/** A table that can be sorted by any column and filtered by any text in it. */

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { byName, counted } from "../format";
import { Icon } from "./Icon";

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export interface Column {
  key: string;
  title: string;
  isNumber?: boolean;
  /** How a value is shown, if not as it is. */
  show?: (row: Row) => ComponentChildren;
}

export interface TableData {
  caption: string;
  columns: readonly Column[];
  rows: readonly Row[];
  empty: string;
}

interface Order {
  key: string;
  isReversed: boolean;
}

const PAGE = 200;

function compare(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === "number" && typeof b === "number" ? a - b : byName(String(a), String(b));
}

/** The rows that hold every word of the filter. */
export function filtered(rows: readonly Row[], filter: string): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const text = Object.values(row).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function DataTable({ data, filter }: { data: TableData; filter: string }) {
  const [order, setOrder] = useState<Order | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const rows = useMemo(() => {
    const found = filtered(data.rows, filter);
    if (!order) return found;
    const sorted = found.toSorted((a, b) => compare(a[order.key] ?? null, b[order.key] ?? null));
    return order.isReversed ? sorted.toReversed() : sorted;
  }, [data, filter, order]);

  return (
    <div class="data-table" role="region" aria-label={data.caption} tabIndex={0}>
      <table role="table">
        <caption>
          {data.caption} <span class="quiet">{howMany(rows.length, data.rows.length)}</span>
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            {data.columns.map((column) => (
              <Heading key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.slice(0, limit).map((row, index) => (
            <tr key={index} role="row">
              {data.columns.map((column) => (
                <td
                  key={column.key}
                  role="cell"
                  class={column.isNumber ? "number" : undefined}
                  data-title={column.title}
                  data-empty={row[column.key] === null || row[column.key] === "" ? "" : undefined}
                >
                  <span>{column.show?.(row) ?? row[column.key] ?? ""}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && (
        <p class="empty">{data.rows.length ? "Nothing matches the filter." : data.empty}</p>
      )}
      {rows.length > limit && (
        <button type="button" class="plain" onClick={() => setLimit(limit + PAGE)}>
          Show {Math.min(PAGE, rows.length - limit)} more of {rows.length}
        </button>
      )}
    </div>
  );
}

function howMany(shown: number, all: number): string {
  return shown === all ? counted(all, "row") : `${shown} of ${counted(all, "row")}`;
}

interface HeadingProps {
  column: Column;
  order: Order | null;
  onOrder: (order: Order | null) => void;
}

function Heading({ column, order, onOrder }: HeadingProps) {
  const mine = order?.key === column.key ? order : null;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={directionOf(mine)}
      class={column.isNumber ? "number" : undefined}
    >
      <button type="button" onClick={() => onOrder(nextOrder(column.key, mine))}>
        {column.title}
        {mine && <Icon name={mine.isReversed ? "down" : "up"} />}
      </button>
    </th>
  );
}

function directionOf(order: Order | null): "ascending" | "descending" | "none" {
  if (!order) return "none";
  return order.isReversed ? "descending" : "ascending";
}

/** The order after a click on a heading: by its column, then reversed, then as it came. */
function nextOrder(key: string, order: Order | null): Order | null {
  if (!order) return { key, isReversed: false };
  return order.isReversed ? null : { ...order, isReversed: true };
}
