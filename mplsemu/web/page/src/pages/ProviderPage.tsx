/** The provider's page: the network's picture, and beside it what one can ask and see. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { announce } from "../announce";
import { counted } from "../format";
import { doubt, hasEnded } from "../live/knowledge";
import { alarms, alarmsCame, Facts, state } from "../live/lab";
import type { Stream } from "../live/stream";
import { endWalk, follows, isStale, traceAgain } from "../live/walk";
import { Panel } from "../panels/Panel";
import { useTitle } from "../title";
import type { ProviderSession, Severity } from "../schema";
import { openPanel, panelIsOpen, pictureOf } from "../ui";
import { Icon } from "../widgets/Icon";
import { Header } from "./Header";
import { Keys } from "./Keys";
import { StageArea } from "./StageArea";
import { ConnectionStatus, LabStatus } from "./Status";

export function ProviderPage({ session, stream }: { session: ProviderSession; stream: Stream }) {
  const facts = useMemo(() => new Facts(session), [session]);
  useTitle(`${session.lab}: ${pictureOf.value ?? session.provider ?? "provider"}`, worst());
  useAlarmVoice();
  // the packet on the picture follows the network, once a change is installed everywhere
  useSignalEffect(() => {
    if (follows.value && isStale.value && state.value?.in_sync) traceAgain();
  });

  useSignalEffect(() => {
    if (hasEnded.value) endWalk();
  });

  return (
    <div
      class={`page provider ${panelIsOpen.value ? "" : "panel-closed"} ${doubt.value && "in-doubt"}`}
    >
      <a class="skip" href="#panel">
        Skip the picture
      </a>
      <Header title={session.lab} detail={about(session)}>
        <LabStatus />
        <ConnectionStatus stream={stream} />
        <AlarmButton />
      </Header>
      <StageArea facts={facts} />
      <Panel facts={facts} />
      <Keys isProvider />
    </div>
  );
}

/** Whose network it is, of several providers, and how it is emulated. */
function about({ provider, dataplane, datapath }: ProviderSession): string {
  const whose = provider === null ? [] : [`provider ${provider}`];
  return [...whose, dataplane, datapath].join(", ");
}

function AlarmButton() {
  if (doubt.value || !alarmsCame.value) return null;
  const count = alarms.value.length;
  const severity = worst();
  return (
    <button
      type="button"
      class={`alarm-button ${severity ?? "none"}`}
      aria-label={count ? `${counted(count, "alarm")}, the worst ${severity}` : undefined}
      onClick={() => openPanel("alarms")}
    >
      <Icon name={severity ?? "ok"} />
      {count === 0 ? "No alarms" : count}{" "}
      <span class="word">{count > 0 && (count === 1 ? "alarm" : "alarms")}</span>
    </button>
  );
}

/** The severity of the worst alarm. */
function worst(): Severity | undefined {
  return (["critical", "major", "minor"] as const).find((severity) =>
    alarms.value.some((alarm) => alarm.severity === severity),
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
