/** The panel beside the picture (on a phone below it): what one can ask, and what one can read. */

import { doubt } from "../live/knowledge";
import { alarms, type Facts } from "../live/lab";
import { openPanel, type PanelTab, panelIsOpen, panelTab } from "../ui";
import { Icon } from "../widgets/Icon";
import { Splitter } from "../widgets/Splitter";
import { TabPanel, Tabs } from "../widgets/Tabs";
import { Alarms } from "./Alarms";
import { Events } from "./Events";
import { Probe } from "./Probe";
import { Tables } from "./Tables";

/** As much as its tables like to have, and no more than two fifths. */
const panelWidth = () => Math.min(560, innerWidth * 0.39);

const KEYS: readonly PanelTab[] = ["probe", "tables", "events", "alarms"];

export function Panel({ facts }: { facts: Facts }) {
  const count = doubt.value ? 0 : alarms.value.length;
  const tabs = [
    { key: "probe" as const, label: "Ping, trace" },
    { key: "tables" as const, label: "Tables" },
    { key: "events" as const, label: "Events" },
    {
      key: "alarms" as const,
      label: <>Alarms {count > 0 && <span class="count">{count}</span>}</>,
    },
  ];
  const tab = panelTab.value;
  const isOpen = panelIsOpen.value;
  return (
    <aside class="panel" id="panel" aria-label="Panel" tabIndex={-1}>
      <Splitter initial={panelWidth()} />
      <div class="panel-bar">
        <Tabs id="panel-tabs" label="Panel" tabs={tabs} selected={tab} onSelect={openPanel} />
        <button
          type="button"
          class="tool panel-toggle"
          aria-expanded={isOpen}
          aria-controls="panel-tabs-panel"
          aria-label={isOpen ? "Close the panel" : "Open the panel"}
          title={isOpen ? "Close the panel" : "Open the panel"}
          onClick={() => (panelIsOpen.value = !isOpen)}
        >
          <Icon name={isOpen ? "down" : "up"} />
        </button>
      </div>
      <TabPanel id="panel-tabs" index={KEYS.indexOf(tab)} class="panel-body">
        {doubt.value && tab !== "alarms" && (
          <p class="doubt">{doubt.value} What is below is how things were last.</p>
        )}
        {tab === "probe" && <Probe facts={facts} />}
        {tab === "tables" && <Tables facts={facts} />}
        {tab === "events" && <Events />}
        {tab === "alarms" && <Alarms facts={facts} />}
      </TabPanel>
    </aside>
  );
}
