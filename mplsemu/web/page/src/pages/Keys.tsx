/** What the keys do: told by `?`, or by the button in the head. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../widgets/Icon";

const isShown = signal(false);

type Line = readonly [keys: readonly string[], what: string];

const ANYWHERE: readonly Line[] = [
  [["?"], "what the keys do"],
  [["Tab"], "on to the next thing; with Shift back"],
  [["→", "←", "Home", "End"], "among tabs: the next, the one before, the first, the last"],
];
const PICTURE: readonly Line[] = [
  [["←", "→", "↑", "↓"], "move the picture"],
  [["+", "-", "0"], "larger, smaller, show all"],
  [["Tab"], "from part to part"],
];
const PROVIDER: readonly Line[] = [
  [["Enter"], "on a router, a link or a site's line: what there is to know and do about it"],
  [["Esc"], "close what was opened"],
];
const PACKET: readonly Line[] = [
  [["→", "←"], "a step on, a step back"],
  [["Home", "End"], "the first step, the last"],
];
const FIELDS: readonly Line[] = [
  [["↓", "↑"], "through the names that fit"],
  [["Enter", "Esc"], "take the name, close the list"],
];

export function KeysButton() {
  return (
    <button
      type="button"
      class="tool"
      aria-label="What the keys do"
      title="What the keys do (?)"
      onClick={() => (isShown.value = true)}
    >
      <Icon name="question" />
    </button>
  );
}

export function Keys({ isProvider }: { isProvider: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyped = (event.target as Element).matches?.("input, select, textarea");
      if (event.key !== "?" || isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      isShown.value = !isShown.value;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    if (isShown.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isShown.value]);

  return (
    <dialog
      class="keys"
      ref={dialog}
      aria-labelledby="keys-title"
      onClose={() => (isShown.value = false)}
      onClick={(event) => event.target === dialog.current && (isShown.value = false)}
    >
      <div class="keys-inside">
        <div class="inspector-head">
          <h2 id="keys-title">Keys</h2>
          <button
            type="button"
            class="tool"
            aria-label="Close"
            onClick={() => (isShown.value = false)}
          >
            <Icon name="close" />
          </button>
        </div>
        <Lines title="Anywhere" lines={ANYWHERE} />
        <Lines title="Picture" lines={isProvider ? [...PICTURE, ...PROVIDER] : PICTURE} />
        {isProvider && <Lines title="Packet under way" lines={PACKET} />}
        {isProvider && <Lines title="Fields with names" lines={FIELDS} />}
      </div>
    </dialog>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  return (
    <>
      <h3>{title}</h3>
      <dl>
        {lines.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
