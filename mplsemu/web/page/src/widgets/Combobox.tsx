/** A field with suggestions: type a part of a name, go through them with the arrows, Enter takes one. */

import { useRef, useState } from "preact/hooks";

interface Props {
  id: string;
  label: string;
  options: readonly string[];
  value: string;
  placeholder?: string;
  isLabelHidden?: boolean;
  /** Every change of the text; `isChosen` where it was taken from the list. */
  onChange: (text: string, isChosen: boolean) => void;
}

const SHOWN = 50;

/** The options that hold all typed words; those that begin with them come first. */
export function matches(options: readonly string[], text: string): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = options.filter((option) =>
    words.every((word) => option.toLowerCase().includes(word)),
  );
  const begins = (option: string) => Number(!option.toLowerCase().startsWith(words[0] ?? ""));
  return found.toSorted((a, b) => begins(a) - begins(b));
}

export function Combobox({
  id,
  label,
  options,
  value,
  placeholder,
  isLabelHidden,
  onChange,
}: Props) {
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [typed, setTyped] = useState(false); // until something is typed, all are offered
  const list = useRef<HTMLUListElement>(null);
  const found = isOpen ? matches(options, typed ? value : "") : [];
  const shown = found.slice(0, SHOWN);

  function open() {
    setTyped(false);
    setActive(options.indexOf(value) < SHOWN ? options.indexOf(value) : -1);
    setOpen(true);
  }

  function choose(option: string) {
    onChange(option, true);
    setOpen(false);
  }

  function move(by: number) {
    if (!isOpen) return open();
    const next = (active + by + shown.length) % (shown.length || 1);
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  }

  function onKeyDown(event: KeyboardEvent) {
    const option = shown[active];
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(active < 0 ? 0 : -1);
    else if (event.key === "Enter" && isOpen && option !== undefined) choose(option);
    else if (event.key === "Escape" && isOpen) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div class="combobox">
      <label for={id} class={isLabelHidden ? "visually-hidden" : undefined}>
        {label}
      </label>
      <input
        id={id}
        role="combobox"
        type="text"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
        value={value}
        placeholder={placeholder}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => !isOpen && open()}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          setTyped(true);
          setActive(event.currentTarget.value ? 0 : -1);
          setOpen(true);
          onChange(event.currentTarget.value, false);
        }}
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        ref={list}
        hidden={!isOpen || !found.length}
      >
        {shown.map((option, index) => (
          <li
            key={option}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              choose(option);
            }}
          >
            {option}
          </li>
        ))}
        {found.length > SHOWN && (
          <li class="more" role="option" aria-disabled="true" aria-selected="false">
            {found.length - SHOWN} more: type a part of the name
          </li>
        )}
      </ul>
    </div>
  );
}
