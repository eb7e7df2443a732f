/** The path of a packet as a table: what each router does, and the label stack on each link. */

import { parallelLinks, wayText, type Crossing } from "../crossing";
import { fraction } from "../format";
import {
  chooseWay,
  copiesOf,
  endOf,
  follows,
  goTo,
  isHandedOver,
  isStale,
  isTracing,
  shownWay,
  step,
  traceAgain,
  walk,
  type Walk,
  type Way,
} from "../live/walk";
import type { Hop } from "../schema";
import { Icon } from "../widgets/Icon";
import { Labels } from "../widgets/Labels";

export function TraceAnswer() {
  const shown = walk.value;
  if (!shown) return null;
  const { src, dst } = shown.trace;
  const { hops } = shownWay(shown);
  return (
    <section class="answer" aria-labelledby="trace-title">
      <h3 id="trace-title">
        Trace{" "}
        <span class="quiet">
          {src} → {dst}
        </span>
      </h3>
      <Verdict shown={shown} />
      <Ways />
      <Freshness />
      {hops.length === 0 ? (
        <p class="quiet">Both hosts are on one LAN: no router is involved.</p>
      ) : (
        <Hops />
      )}
    </section>
  );
}

function Verdict({ shown }: { shown: Walk }) {
  const { delivered, end } = shown.trace;
  if (isHandedOver(shown.trace)) return <p class="verdict">It is {end}</p>;
  return (
    <p class={`verdict ${delivered ? "good" : "bad"}`}>
      <Icon name={delivered ? "ok" : "lost"} />{" "}
      {delivered ? `Delivered${onAll(shown)}` : `Not delivered: ${end}`}
    </p>
  );
}

function onAll(shown: Walk): string {
  const copies = copiesOf(shown);
  if (copies > 1) return `, all ${copies} copies`;
  return shown.ways.length > 1 ? ` on all ${shown.ways.length} ways` : "";
}

/** Chooses among paths of equal cost, or among the copies of a flooded frame. */
function Ways() {
  const shown = walk.value;
  if (!shown || shown.ways.length < 2) return null;
  const named = parallelLinks(shown.ways.flatMap(crossings));
  const isFlooded = copiesOf(shown) > 1;
  return (
    <label class="choice ways">
      <span>{isFlooded ? "Copy" : "Way"}</span>
      <select
        value={String(shown.index)}
        onChange={(event) => chooseWay(event.currentTarget.selectedIndex)}
      >
        {shown.ways.map((way, index) => (
          <option key={index} value={String(index)}>
            {`${index + 1} of ${shown.ways.length}: ${
              isFlooded ? `${endOf(way)}, ` : ""
            }${aboutWay(way, named, isFlooded || isHandedOver(shown.trace))}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function aboutWay(way: Way, named: ReadonlySet<string>, isEndKnown: boolean): string {
  const routers = wayText(way.hops[0]?.node ?? "", crossings(way), named);
  const words = way.share < 1 ? [routers, `${fraction(way.share)} of the flows`] : [routers];
  if (!way.delivered && !isEndKnown) words.push("lost");
  return words.filter(Boolean).join(", ");
}

/** The links between the hops of a path. */
function crossings({ hops }: Way): Crossing[] {
  return hops.slice(1).map(({ node }, index) => {
    const before = hops[index] as Hop;
    return { node: before.node, link: before.link ?? "", next_hop: node };
  });
}

/** Whether the table is still true, and whether it is kept so. */
function Freshness() {
  return (
    <div class="freshness">
      <label class="check">
        <input
          type="checkbox"
          checked={follows.value}
          onChange={(event) => (follows.value = event.currentTarget.checked)}
        />
        Follow changes of the network
      </label>
      {isStale.value && !follows.value && (
        <span class="stale">
          The network has changed since.{" "}
          <button type="button" class="plain" aria-disabled={isTracing.value} onClick={traceAgain}>
            Trace again
          </button>
        </span>
      )}
    </div>
  );
}

function Hops() {
  const shown = walk.value;
  if (!shown) return null;
  return (
    <div class="data-table" role="region" aria-label="Hops" tabIndex={0}>
      <table class="hops">
        <caption class="visually-hidden">
          Hops, with the label stack on each link, outermost first
        </caption>
        <thead>
          <tr>
            <th scope="col">Hop</th>
            <th scope="col">At</th>
            <th scope="col">Does</th>
            <th scope="col">Sends</th>
          </tr>
        </thead>
        <tbody>
          {shownWay(shown).hops.map((hop, index) => (
            <tr key={index} aria-current={step.value === index + 1 ? "step" : undefined}>
              <td>
                <button
                  type="button"
                  class="hop"
                  aria-label={`Show hop ${index + 1} in the picture`}
                  onClick={() => goTo(index + 1)}
                >
                  {index + 1}
                </button>
              </td>
              <th scope="row">
                {hop.node}
                <Service vrf={hop.vrf} vsi={hop.vsi} />
              </th>
              <td>{hop.action}</td>
              <td>
                <Labels labels={hop.out_labels} />
                {hop.link !== null && <span class="service quiet">on {hop.link}</span>}
                {hop.link !== null && <span class="service ttl quiet">{timesToLive(hop)}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The TTLs on departure: of each label, outermost first, and of the customer's packet. */
function timesToLive({ out_stack, ip_ttl }: Hop): string {
  const words = out_stack.map(({ ttl }) => String(ttl));
  if (ip_ttl !== null) words.push(`IP ${ip_ttl}`);
  return words.length ? `TTL ${words.join(", ")}` : "";
}

function Service({ vrf, vsi }: { vrf: string | null; vsi: string | null }) {
  if (vrf === null && vsi === null) return null;
  return <span class="service quiet">{vrf === null ? `VSI ${vsi}` : `VRF ${vrf}`}</span>;
}
