/** Small signs beside words; what has no word beside it has a label on its button. */

const PATHS = {
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  close: "M4 4l8 8M12 4l-8 8",
  swap: "M5 3v10M5 13l-2.5-2.5M5 13l2.5-2.5M11 13V3M11 3L8.5 5.5M11 3l2.5 2.5",
  play: "M5 3.5v9l7.5-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  previous: "M10 3.5L5.5 8l4.5 4.5",
  next: "M6 3.5L10.5 8L6 12.5",
  down: "M3.5 6L8 10.5L12.5 6",
  up: "M3.5 10L8 5.5L12.5 10",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  auto: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12M8 5h4.8M8 8h6M8 11h4.8",
  critical: "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM8 5v3.5M8 10.8v.2",
  major: "M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 11.6v.2",
  minor: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 7.2v3.8M8 5v.2",
  ok: "M3 8.5l3.5 3.5L13 5",
  lost: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  question: "M6 6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6M8 11.6v.2M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12",
  download: "M8 2.5v7M5 7l3 3l3-3M3 12.5h10",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3L14 14",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of mplsemu: a label stack. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect x="9" y="4" width="20" height="7" rx="2" class="top" />
      <rect x="6" y="12.5" width="20" height="7" rx="2" class="middle" />
      <rect x="3" y="21" width="20" height="7" rx="2" class="bottom" />
    </svg>
  );
}
