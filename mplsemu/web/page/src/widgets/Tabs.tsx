/** Tabs as the ARIA practices have them: one stop for the keyboard, arrows go from tab to tab. */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export interface Tab<K> {
  key: K;
  label: ComponentChildren;
}

interface Props<K> {
  id: string;
  label: string;
  tabs: readonly Tab<K>[];
  selected: K;
  onSelect: (key: K) => void;
}

const KEYS: Record<string, (index: number, count: number) => number> = {
  ArrowRight: (index, count) => (index + 1) % count,
  ArrowLeft: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function Tabs<K>({ id, label, tabs, selected, onSelect }: Props<K>) {
  const list = useRef<HTMLDivElement>(null);
  const chosen = tabs.findIndex((tab) => tab.key === selected);

  function onKeyDown(event: KeyboardEvent) {
    const index = KEYS[event.key]?.(chosen, tabs.length);
    const tab = index === undefined ? undefined : tabs[index];
    if (index === undefined || !tab) return;
    event.preventDefault();
    onSelect(tab.key);
    (list.current?.children[index] as HTMLElement | undefined)?.focus();
  }

  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map((tab, index) => (
        <button
          type="button"
          role="tab"
          id={`${id}-tab-${index}`}
          aria-controls={`${id}-panel`}
          aria-selected={index === chosen}
          tabIndex={index === chosen ? 0 : -1}
          onClick={() => onSelect(tab.key)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

/** What the selected tab shows. */
export function TabPanel(props: {
  id: string;
  index: number;
  class?: string;
  children: ComponentChildren;
}) {
  const { id, index, children } = props;
  return (
    <div
      role="tabpanel"
      id={`${id}-panel`}
      class={props.class}
      aria-labelledby={`${id}-tab-${index}`}
    >
      {children}
    </div>
  );
}
