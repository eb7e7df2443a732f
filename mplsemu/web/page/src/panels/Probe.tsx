/** The form for ping and trace, and their results. */

import { signal } from "@preact/signals";
import { type Facts } from "../live/lab";
import { isPinging, ping, startPing } from "../live/ping";
import { isTracing, startTrace, traceError } from "../live/walk";
import { overlay, pictureOf } from "../ui";
import { Combobox } from "../widgets/Combobox";
import { Icon } from "../widgets/Icon";
import { PingAnswer } from "./PingAnswer";
import { TraceAnswer } from "./TraceAnswer";

const BROADCAST = "ff:ff:ff:ff:ff:ff";

// What is in the form; it is there again when the reader comes back to this tab.
const source = signal("");
const target = signal("");
const count = signal(3);

/** Whether the source is in a VPLS or VPWS, where a broadcast frame makes sense. */
function isOnLan(facts: Facts): boolean {
  const [vpn] = source.value.trim().split("/");
  return facts.session.vpns.some(
    ({ name, kind }) => name === vpn && (kind === "vpls" || kind === "vpws"),
  );
}

/** Fill in two hosts at different sites of a VPN. */
function suggest(hosts: readonly string[]): void {
  const [first] = hosts;
  if (source.value || first === undefined) return;
  const [vpn, site] = first.split("/");
  source.value = first;
  const other = hosts.find(
    (host) => host.startsWith(`${vpn}/`) && !host.startsWith(`${vpn}/${site}/`),
  );
  target.value = other ?? hosts[1] ?? "";
}

/** The VPN that was laid over the picture for a trace: not again if the reader took it off. */
let lastVpn: string | null = null;

/** The two hosts of the form. */
function ends(): [src: string, dst: string] {
  return [source.value.trim(), target.value.trim()];
}

function trace(facts: Facts): void {
  const [src, dst] = ends();
  pictureOf.value = null;
  const vpn = facts.session.vpns.find(({ name }) => src.startsWith(`${name}/`))?.name ?? null;
  if (vpn !== null && vpn !== lastVpn) overlay.value = vpn;
  lastVpn = vpn;
  void startTrace(src, dst);
}

export function Probe({ facts }: { facts: Facts }) {
  const { hosts } = facts.session;
  suggest(hosts);
  const isReady = ends().every((end) => end !== "");

  return (
    <>
      <h2 class="visually-hidden">Ping and trace</h2>
      <form
        class="probe"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isTracing.value) trace(facts);
        }}
      >
        <div class="hosts">
          <Combobox
            id="from"
            label="From"
            options={hosts}
            value={source.value}
            onChange={(text) => (source.value = text)}
          />
          <button
            type="button"
            class="tool swap"
            aria-label="Exchange the two hosts"
            title="Exchange"
            onClick={swap}
          >
            <Icon name="swap" />
          </button>
          <Combobox
            id="to"
            label="To"
            options={isOnLan(facts) ? [...hosts, BROADCAST] : hosts}
            value={target.value}
            onChange={(text) => (target.value = text)}
          />
        </div>
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={!isReady || isTracing.value}>
            {isTracing.value ? "Tracing…" : "Trace"}
          </button>
          <button
            type="button"
            aria-disabled={!isReady || isPinging.value}
            onClick={() => {
              if (isReady && !isPinging.value) void startPing(...ends(), count.value);
            }}
          >
            {isPinging.value ? "Pinging…" : "Ping"}
          </button>
          <label class="choice">
            <span>Pings</span>
            <input
              type="number"
              min={1}
              max={10}
              value={count.value}
              onChange={(event) => {
                count.value = Math.max(
                  1,
                  Math.min(10, Math.round(Number(event.currentTarget.value)) || 1),
                );
                event.currentTarget.value = String(count.value);
              }}
            />
          </label>
        </div>
      </form>
      {traceError.value && (
        <p class="error" role="alert">
          {traceError.value}
        </p>
      )}
      <TraceAnswer />
      {ping.value && <PingAnswer ping={ping.value} />}
    </>
  );
}

function swap(): void {
  [source.value, target.value] = [target.value, source.value];
}
