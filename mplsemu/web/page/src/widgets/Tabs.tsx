/** Tabs as the ARIA practices have them: one stop for the keyboard, arrows go from tab to tab. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./Icon";

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
const PAGE = 0.7; // of what is seen, by the buttons that go on

export function Tabs<K>({ id, label, tabs, selected, onSelect }: Props<K>) {
  const list = useRef<HTMLDivElement>(null);
  const chosen = tabs.findIndex((tab) => tab.key === selected);
  const hidden = useHidden(list, tabs.length);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);

  function onKeyDown(event: KeyboardEvent) {
    const index = KEYS[event.key]?.(chosen, tabs.length);
    const tab = index === undefined ? undefined : tabs[index];
    if (index === undefined || !tab) return;
    event.preventDefault();
    onSelect(tab.key);
    (list.current?.children[index] as HTMLElement | undefined)?.focus();
  }

  function go(direction: 1 | -1) {
    const seen = list.current?.clientWidth ?? 0;
    list.current?.scrollBy({ left: direction * seen * PAGE });
  }

  return (
    <div class="tab-bar">
      {hidden.before && <More icon="previous" onClick={() => go(-1)} />}
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab, index) => (
          <button
            key={tab.key}
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
      {hidden.after && <More icon="next" onClick={() => go(1)} />}
    </div>
  );
}

/** Whether there are tabs before and after those that are seen. */
function useHidden(list: { current: HTMLElement | null }, count: number) {
  const [hidden, setHidden] = useState({ before: false, after: false });
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const look = () => {
      const rest = element.scrollWidth - element.clientWidth - element.scrollLeft;
      setHidden({ before: element.scrollLeft > 1, after: rest > 1 });
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [count]);
  return hidden;
}

/** For a pointer alone: keys go from tab to tab by themselves. */
function More({ icon, onClick }: { icon: "previous" | "next"; onClick: () => void }) {
  return (
    <button type="button" class="more-tabs" tabIndex={-1} aria-hidden="true" onClick={onClick}>
      <Icon name={icon} />
    </button>
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
