/** A customer's page: his own network, and nothing else. */

import { useState } from "preact/hooks";
import { KINDS } from "../format";
import { doubt } from "../live/knowledge";
import type { Stream } from "../live/stream";
import type { CustomerSession } from "../schema";
import { useTitle } from "../title";
import { TabPanel, Tabs } from "../widgets/Tabs";
import { Header } from "./Header";
import { Keys } from "./Keys";
import { ConnectionStatus } from "./Status";
import { VpnPicture } from "./VpnPicture";

export function CustomerPage({ session, stream }: { session: CustomerSession; stream: Stream }) {
  const names = session.vpns.map((vpn) => vpn.name);
  const [chosen, choose] = useState(names[0] ?? "");
  useTitle(chosen && names.length > 1 ? `${session.customer}: ${chosen}` : session.customer);

  const tabs = session.vpns.map(({ name, kind }) => ({
    key: name,
    label: (
      <>
        {name} <span class="kind">{KINDS[kind]}</span>
      </>
    ),
  }));
  return (
    <div class={`page customer ${doubt.value && "in-doubt"}`}>
      <Header title={session.customer}>
        <ConnectionStatus stream={stream} />
      </Header>
      <main id="main" class="stage">
        {tabs.length > 1 ? (
          <>
            <div class="stage-bar">
              <Tabs
                id="vpn"
                label="Your networks"
                tabs={tabs}
                selected={chosen}
                onSelect={choose}
              />
            </div>
            <TabPanel id="vpn" index={names.indexOf(chosen)} class="stage-panel">
              <VpnPicture key={chosen} vpn={chosen} />
            </TabPanel>
          </>
        ) : (
          <div class="stage-panel">
            {chosen ? <VpnPicture vpn={chosen} /> : <p>You have no VPN here.</p>}
          </div>
        )}
      </main>
      <Keys isProvider={false} />
    </div>
  );
}
