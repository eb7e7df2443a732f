/** The provider's page: the network's picture, and beside it what one can ask and see. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { announce } from "../announce";
import { counted } from "../format";
import { alarms, Facts, state } from "../live/lab";
import type { Stream } from "../live/stream";
import { follows, isStale, traceAgain } from "../live/walk";
import { Panel } from "../panels/Panel";
import type { ProviderSession } from "../types";
import { openPanel, panelIsOpen } from "../ui";
import { Icon } from "../widgets/Icon";
import { Header } from "./Header";
import { StageArea } from "./StageArea";
import { ConnectionStatus, LabStatus } from "./Status";

export function ProviderPage({ session, stream }: { session: ProviderSession; stream: Stream }) {
  const facts = useMemo(() => new Facts(session), [session]);
  useEffect(() => {
    document.title = `${session.lab} · mplsemu`;
  }, []);
  useAlarmVoice();
  // the packet on the picture follows the network, once a change is installed everywhere
  useSignalEffect(() => {
    if (follows.value && isStale.value && state.value?.in_sync) traceAgain();
  });

  return (
    <div class={`page provider ${panelIsOpen.value ? "" : "panel-closed"}`}>
      <a class="skip" href="#panel">
        Skip the picture
      </a>
      <Header title={session.lab} detail={`${session.dataplane}, ${session.datapath}`}>
        <LabStatus />
        <ConnectionStatus stream={stream} />
        <AlarmButton />
      </Header>
      <StageArea facts={facts} />
      <Panel facts={facts} />
    </div>
  );
}

function AlarmButton() {
  const count = alarms.value.length;
  const worst = ["critical", "major", "minor"].find((severity) =>
    alarms.value.some((alarm) => alarm.severity === severity),
  ) as "critical" | "major" | "minor" | undefined;
  return (
    <button
      type="button"
      class={`alarm-button ${worst ?? "none"}`}
      aria-label={count ? `${counted(count, "alarm")}, the worst ${worst}` : undefined}
      onClick={() => openPanel("alarms")}
    >
      <Icon name={worst ?? "ok"} />
      {count === 0 ? "No alarms" : count}{" "}
      <span class="word">{count === 0 ? "" : count === 1 ? "alarm" : "alarms"}</span>
    </button>
  );
}

/** Say which alarms came and which went. */
function useAlarmVoice() {
  useEffect(() => {
    let before = new Map<string, string>();
    return alarms.subscribe((now) => {
      const present = new Map(
        now.map((alarm) => [`${alarm.object} ${alarm.text}`, alarm.severity]),
      );
      for (const alarm of now) {
        const key = `${alarm.object} ${alarm.text}`;
        if (!before.has(key)) announce(`New alarm, ${alarm.severity}: ${alarm.text}`);
      }
      const cleared = [...before.keys()].filter((key) => !present.has(key)).length;
      if (cleared)
        announce(`${cleared} alarm${cleared === 1 ? "" : "s"} cleared, ${present.size} left.`);
      before = present;
    });
  }, []);
}
