/** What is wrong now, the worst first. */

import { doubt } from "../live/knowledge";
import { alarms, alarmsCame, type Facts } from "../live/lab";
import { revealed } from "../pages/ProviderPicture";
import type { Part } from "../picture/Picture";
import type { Severity } from "../schema";
import { overlay, pictureOf } from "../ui";
import { Icon } from "../widgets/Icon";

const ORDER: readonly Severity[] = ["critical", "major", "minor"];

export function Alarms({ facts }: { facts: Facts }) {
  const sorted = alarms.value.toSorted(
    (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity),
  );
  const isKnown = alarmsCame.value && !doubt.value;
  return (
    <>
      <h2 class="visually-hidden">Alarms</h2>
      {isKnown && sorted.length === 0 && (
        <p class="all-well">
          <Icon name="ok" /> No alarms.
        </p>
      )}
      {!isKnown && (
        <p class="quiet">
          {doubt.value} Which alarms there are is not known
          {sorted.length > 0 && "; these were the last"}.
        </p>
      )}
      <ul class="alarms">
        {sorted.map((alarm) => (
          <li key={`${alarm.object} ${alarm.text}`} class={alarm.severity}>
            <span class="severity">
              <Icon name={alarm.severity} /> {alarm.severity}
            </span>
            <span class="what">
              <strong>{alarm.object}</strong>
              <span>{alarm.text}</span>
            </span>
            <Show show={way(alarm.object, facts)} name={alarm.object} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Show({ show, name }: { show: (() => void) | null; name: string }) {
  if (!show) return null;
  return (
    <button type="button" aria-label={`Show ${name} in the picture`} onClick={show}>
      Show
    </button>
  );
}

/** What shows an alarm's object: "link dk-p1", "line a/aarhus", "LSR p1", "VPN a". */
function way(object: string, facts: Facts): (() => void) | null {
  const blank = object.indexOf(" ");
  const [kind, name] = [object.slice(0, blank), object.slice(blank + 1)];
  if (kind === "link" && facts.links.has(name)) return () => reveal({ line: name });
  if (kind === "LSR" && facts.nodes.has(name)) return () => reveal({ node: name });
  const vpn = facts.session.vpns.find(
    (each) => each.name === name || name.startsWith(`${each.name}/`),
  );
  if (kind === "VPN" && vpn) return () => (pictureOf.value = vpn.name);
  if (kind === "line" && vpn) return () => reveal({ line: name }, vpn.name);
  return null;
}

/** Show a part of the provider's picture; a site's line is drawn where its VPN is. */
function reveal(part: Part, vpn?: string): void {
  pictureOf.value = null;
  if (vpn !== undefined) overlay.value = vpn;
  revealed.value = part;
}
