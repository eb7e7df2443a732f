/** What happened, newest first. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { clock, millis } from "../format";
import { events } from "../live/lab";

const PAGE = 150;
const hidden = signal<ReadonlySet<string>>(new Set());
const filter = signal("");

function toggle(kind: string): void {
  const now = new Set(hidden.value);
  if (!now.delete(kind)) now.add(kind);
  hidden.value = now;
}

export function Events() {
  const [limit, setLimit] = useState(PAGE);
  const kinds = [...new Set(events.value.map((event) => event.kind))].toSorted();
  const text = filter.value.toLowerCase();
  const found = events.value.filter(
    (event) => !hidden.value.has(event.kind) && event.text.toLowerCase().includes(text),
  );
  return (
    <>
      <h2 class="visually-hidden">Events</h2>
      <div class="filters">
        <input
          type="search"
          aria-label="Filter events"
          placeholder="Filter"
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <div class="chips" role="group" aria-label="Kinds of events">
          {kinds.map((kind) => (
            <button
              type="button"
              key={kind}
              aria-pressed={!hidden.value.has(kind)}
              onClick={() => toggle(kind)}
            >
              {kind}
            </button>
          ))}
        </div>
      </div>
      <div class="data-table" role="region" aria-label="Events" tabIndex={0}>
        <table class="events">
          <caption class="visually-hidden">Events, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Kind</th>
              <th scope="col">What happened</th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, limit).map((event) => (
              <tr
                key={`${event.number} ${event.time_s}`}
                class={event.kind === "error" ? "bad" : undefined}
              >
                <td class="time">{clock(event.time_s)}</td>
                <td>
                  <span class={`kind kind-${event.kind}`}>{event.kind}</span>
                </td>
                <td class="what">{event.text}</td>
                <td class="number">{event.took_ms === null ? "" : millis(event.took_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {found.length === 0 && (
          <p class="empty">
            {events.value.length ? "Nothing matches." : "Nothing has happened yet."}
          </p>
        )}
        {found.length > limit && (
          <button type="button" class="plain" onClick={() => setLimit(limit + PAGE)}>
            Show older
          </button>
        )}
      </div>
    </>
  );
}
