/** The stage: whose picture is shown, what is drawn over it, and finding something in it. */

import { useState } from "preact/hooks";
import { byName, KINDS } from "../format";
import type { Facts } from "../live/lab";
import { overlay, pictureOf, selection } from "../ui";
import { Combobox } from "../widgets/Combobox";
import { TabPanel, Tabs } from "../widgets/Tabs";
import { ProviderPicture, revealed } from "./ProviderPicture";
import { VpnPicture } from "./VpnPicture";

export function StageArea({ facts }: { facts: Facts }) {
  const vpns = facts.session.vpns.filter((vpn) => vpn.has_picture);
  const keys = [null, ...vpns.map((vpn) => vpn.name)];
  const tabs = [
    { key: null, label: "Provider" },
    ...vpns.map((vpn) => ({
      key: vpn.name,
      label: (
        <span title={`What ${vpn.customer} sees`}>
          {vpn.name} <span class="kind">{KINDS[vpn.kind]}</span>
        </span>
      ),
    })),
  ];

  function choose(key: string | null) {
    selection.value = null;
    pictureOf.value = key;
  }

  return (
    <main id="main" class="stage">
      <h2 class="visually-hidden">Pictures</h2>
      <div class="stage-bar">
        <Tabs
          id="picture"
          label="Pictures"
          tabs={tabs}
          selected={pictureOf.value}
          onSelect={choose}
        />
        {pictureOf.value === null && (
          <div class="tools">
            <OverlayChoice facts={facts} />
            <Finder facts={facts} />
          </div>
        )}
      </div>
      <TabPanel id="picture" index={keys.indexOf(pictureOf.value)} class="stage-panel">
        {pictureOf.value === null ? (
          <ProviderPicture facts={facts} />
        ) : (
          <VpnPicture key={pictureOf.value} vpn={pictureOf.value} />
        )}
      </TabPanel>
    </main>
  );
}

function OverlayChoice({ facts }: { facts: Facts }) {
  return (
    <label class="choice">
      <span>Overlay</span>
      <select
        value={overlay.value ?? ""}
        onChange={(event) => {
          const { selectedIndex } = event.currentTarget;
          overlay.value = facts.session.vpns[selectedIndex - 1]?.name ?? null;
        }}
      >
        <option value="">none</option>
        {facts.session.vpns.map((vpn) => (
          <option key={vpn.name} value={vpn.name}>
            {vpn.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Find a router or link by its name: for large networks, and for those without a mouse. */
function Finder({ facts }: { facts: Facts }) {
  const [text, setText] = useState("");
  const names = [...facts.nodes.keys(), ...facts.links.keys()].toSorted(byName);
  return (
    <Combobox
      id="find"
      label="Find a router or link"
      isLabelHidden
      placeholder="Find router or link"
      options={names}
      value={text}
      onChange={(value, isChosen) => {
        setText(isChosen ? "" : value);
        if (isChosen) revealed.value = facts.nodes.has(value) ? { node: value } : { line: value };
      }}
    />
  );
}
