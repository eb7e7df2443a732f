/** The dialog about the router or link that is selected in the picture. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TableKind } from "../api";
import { byName, metric, millis, percent, rate } from "../format";
import { type Outcome, setLink } from "../live/change";
import { doubt, hasEnded } from "../live/knowledge";
import { down, type Facts, load, pending } from "../live/lab";
import { placeBeside } from "../picture/beside";
import { openPanel, type Selection, selection as chosen, tableKind, tableNode } from "../ui";
import { History } from "../widgets/History";
import { Icon } from "../widgets/Icon";

const EDGE = 8;

interface Props {
  facts: Facts;
  selection: Selection;
  /** Called with how many pixels of its subject it covers. */
  onHidden: (pixels: number) => void;
}

export function Inspector({ facts, selection, onHidden }: Props) {
  const dialog = useRef<HTMLDivElement>(null);
  const lifted = useRef(0);
  const key = "node" in selection ? `node ${selection.node}` : `line ${selection.line}`;
  useReturnOfFocus(dialog, key);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return undefined;
    const place = () => {
      const stage = element.parentElement;
      if (!stage) return;
      placeBeside(element, selection.spot, stage);
      // on a phone it is a sheet at the bottom, which may cover its subject
      const isSheet = getComputedStyle(element).position === "fixed";
      const bottom = stage.getBoundingClientRect().top + selection.spot.bottom;
      const hidden = bottom + EDGE - element.getBoundingClientRect().top;
      if (isSheet && hidden > lifted.current) {
        onHidden(hidden - lifted.current);
        lifted.current = hidden;
      }
    };
    lifted.current = 0;
    place();
    const observer = new ResizeObserver(place);
    observer.observe(element);
    return () => observer.disconnect();
  }, [key, selection.spot]);
  useClickElsewhere(dialog);

  const isNode = "node" in selection;
  const title = isNode ? selection.node : selection.line;
  return (
    <div
      class="float inspector"
      role="dialog"
      aria-labelledby="inspector-title"
      tabIndex={-1}
      ref={dialog}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        chosen.value = null;
      }}
    >
      <div class="inspector-head">
        <h3 id="inspector-title">{title}</h3>
        <button type="button" class="tool" aria-label="Close" onClick={() => (chosen.value = null)}>
          <Icon name="close" />
        </button>
      </div>
      {isNode ? (
        <RouterFacts key={key} facts={facts} name={selection.node} about={selection.about} />
      ) : (
        <LineFacts key={key} facts={facts} name={selection.line} />
      )}
    </div>
  );
}

function LineFacts({ facts, name }: { facts: Facts; name: string }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const link = facts.links.get(name);

  async function change(up: boolean) {
    setOutcome(null);
    setOutcome(await setLink(name, up));
  }

  return (
    <>
      <LineState isDown={down.value.has(name)} />
      <dl class="facts">
        {link ? (
          <>
            <Fact term="Ends" value={link.ends.join(" to ")} />
            <Fact term="Bandwidth" value={rate(link.bandwidth_bps)} />
            {link.metric !== null && <Fact term="Metric" value={metric(link.metric)} />}
            <Fact term="Delay" value={`${link.delay_ms} ms`} />
            {link.jitter_ms > 0 && <Fact term="Jitter" value={`${link.jitter_ms} ms`} />}
            {link.loss_percent > 0 && <Fact term="Loss" value={`${link.loss_percent} %`} />}
            {!doubt.value && (
              <>
                <Load name={name} ends={link.ends} bandwidth={link.bandwidth_bps} />
                <Load name={name} ends={link.ends} bandwidth={link.bandwidth_bps} isBack />
              </>
            )}
          </>
        ) : (
          <Fact term="Line of site" value={name} />
        )}
      </dl>
      {link && <History link={name} ends={link.ends} />}
      {!hasEnded.value && <ChangeButton name={name} onChange={change} />}
      {outcome && (
        <p class={outcome.ok ? "quiet" : "error"}>
          {outcome.ok ? `Done in ${millis(outcome.tookMs)}` : outcome.text}
        </p>
      )}
    </>
  );
}

function LineState({ isDown }: { isDown: boolean }) {
  if (doubt.value) return <p class="quiet">Not known: {doubt.value}</p>;
  return (
    <p class={`state ${isDown ? "bad" : "good"}`}>
      <Icon name={isDown ? "lost" : "ok"} /> {isDown ? "Down" : "Up"}
    </p>
  );
}

/** Cuts or mends; while that is being done, says so. */
function ChangeButton({ name, onChange }: { name: string; onChange: (up: boolean) => void }) {
  const target = pending.value.get(name);
  const isPending = target !== undefined;
  const up = target ?? down.value.has(name);
  const word = up ? "Mend" : "Cut";
  return (
    <button
      type="button"
      class={up ? "primary" : "danger"}
      aria-disabled={isPending}
      onClick={() => !isPending && onChange(up)}
    >
      {isPending ? DOING[word] : word}
    </button>
  );
}

const DOING = { Mend: "Mending…", Cut: "Cutting…" };

interface LoadProps {
  name: string;
  ends: [string, string];
  bandwidth: number;
  isBack?: boolean;
}

function Load({ name, ends, bandwidth, isBack }: LoadProps) {
  const bps = load.value[name]?.[isBack ? 1 : 0] ?? 0;
  const [from, to] = isBack ? [ends[1], ends[0]] : ends;
  return (
    <>
      <dt>
        {from} → {to}
      </dt>
      <dd class="load-bar">
        <span class="meter" aria-hidden="true">
          <span style={{ width: `${Math.min(100, (100 * bps) / bandwidth)}%` }} />
        </span>
        {rate(bps)} <span class="quiet">({percent(bps / bandwidth)})</span>
      </dd>
    </>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </>
  );
}

const TABLES: readonly [TableKind, string][] = [
  ["lfib", "LFIB"],
  ["labels", "Labels"],
  ["vrf", "VRFs"],
  ["vsi", "VSIs"],
];

function RouterFacts({ facts, name, about }: { facts: Facts; name: string; about: string }) {
  const isPe = facts.nodes.get(name)?.role === "pe";
  const links = facts.linksOf(name).toSorted((a, b) => byName(a.name, b.name));
  const kinds = TABLES.filter(([kind]) => isPe || kind === "lfib" || kind === "labels");

  function openTable(kind: TableKind) {
    tableKind.value = kind;
    tableNode.value = name;
    openPanel("tables");
    chosen.value = null;
    requestAnimationFrame(() => document.getElementById("table-filter")?.focus());
  }

  return (
    <>
      <p class="quiet">{about.startsWith(`${name}, `) ? about.slice(name.length + 2) : about}</p>
      {facts.isOwn(name) && (
        <div class="buttons" role="group" aria-label="Tables of this router">
          {kinds.map(([kind, label]) => (
            <button type="button" key={kind} onClick={() => openTable(kind)}>
              {label}
            </button>
          ))}
        </div>
      )}
      <h4>Links</h4>
      <ul class="links">
        {links.map((link) => (
          <li key={link.name}>
            <button type="button" class="plain" onClick={() => showLink(link.name)}>
              {link.name}
            </button>{" "}
            {!doubt.value && (
              <span class={down.value.has(link.name) ? "bad" : "quiet"}>
                {down.value.has(link.name)
                  ? "down"
                  : rate(Math.max(...(load.value[link.name] ?? [0])))}
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function showLink(line: string) {
  const now = chosen.value;
  if (now) chosen.value = { line, spot: now.spot, about: "" };
}

/** Moves the focus into the dialog, and back when it closes. */
function useReturnOfFocus(dialog: { current: HTMLElement | null }, key: string) {
  const opener = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    const active = document.activeElement as HTMLElement | null;
    if (!dialog.current?.contains(active)) opener.current = active;
    dialog.current?.focus({ preventScroll: true });
  }, [key]);
  useLayoutEffect(() => {
    const element = dialog.current;
    return () => {
      const active = document.activeElement;
      const isLost = active === null || active === document.body || element?.contains(active);
      if (isLost) reborn(opener.current)?.focus({ preventScroll: true });
    };
  }, []);
}

/** An element, or its successor if the picture has been drawn again. */
function reborn(element: HTMLElement | null): HTMLElement | null {
  if (!element || element.isConnected) return element;
  const { node, line } = element.dataset;
  const part =
    node === undefined
      ? `[data-line="${CSS.escape(line ?? "")}"]`
      : `[data-node="${CSS.escape(node)}"]`;
  return document.querySelector<HTMLElement>(`.canvas ${part}[role="button"]`);
}

function useClickElsewhere(dialog: { current: HTMLElement | null }) {
  useEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      if (!dialog.current?.contains(event.target as Node)) chosen.value = null;
    };
    document.addEventListener("pointerdown", onPointerDown);
    return () => document.removeEventListener("pointerdown", onPointerDown);
  }, []);
}
