/** Two hosts: does one reach the other, and by which way? */

import { signal } from "@preact/signals";
import { announce } from "../announce";
import { api, words } from "../api";
import { type Facts } from "../live/lab";
import { isTracing, startTrace, traceError } from "../live/walk";
import { overlay, pictureOf } from "../ui";
import { Combobox } from "../widgets/Combobox";
import { Icon } from "../widgets/Icon";
import { type Ping, PingAnswer } from "./PingAnswer";
import { TraceAnswer } from "./TraceAnswer";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const source = signal("");
const target = signal("");
const count = signal(3);
const ping = signal<Ping | null>(null);
const isPinging = signal(false);

/** Whether the source is at a VPLS: from there a frame to all makes sense. */
function isOnLan(facts: Facts): boolean {
  const [vpn] = source.value.trim().split("/");
  return facts.session.vpns.some(({ name, kind }) => name === vpn && kind !== "l3vpn");
}

/** A first choice that shows something: from a site to another of its VPN. */
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

async function startPing(): Promise<void> {
  const [src, dst] = [source.value.trim(), target.value.trim()];
  isPinging.value = true;
  try {
    const answer = await api.ping(src, dst, count.value);
    ping.value = { src, dst, answer, error: "" };
    announce(`Ping from ${src} to ${dst}: ${answer.received} of ${answer.sent} came back.`);
  } catch (error) {
    ping.value = { src, dst, answer: null, error: words(error) };
  }
  isPinging.value = false;
}

let lastVpn: string | null = null;

function trace(facts: Facts): void {
  const src = source.value.trim();
  pictureOf.value = null;
  // its sites are drawn with a VPN; whoever takes it off again is not asked twice
  const vpn = facts.session.vpns.find(({ name }) => src.startsWith(`${name}/`))?.name ?? null;
  if (vpn !== null && vpn !== lastVpn) overlay.value = vpn;
  lastVpn = vpn;
  void startTrace(src, target.value.trim());
}

export function Probe({ facts }: { facts: Facts }) {
  const { hosts } = facts.session;
  suggest(hosts);
  const isReady = source.value.trim() !== "" && target.value.trim() !== "";

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
            onClick={() => isReady && !isPinging.value && startPing()}
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
