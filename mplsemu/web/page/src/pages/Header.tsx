/** The head of every page: the mark, whose page it is, how things are, and the theme. */

import type { ComponentChildren } from "preact";
import { nextTheme, setTheme, theme } from "../theme";
import { Icon, Mark } from "../widgets/Icon";
import { KeysButton } from "./Keys";

const THEMES = {
  auto: { icon: "auto", label: "Theme: as the system has it" },
  light: { icon: "sun", label: "Theme: light" },
  dark: { icon: "moon", label: "Theme: dark" },
} as const;

export function Header(props: { title: string; detail?: string; children?: ComponentChildren }) {
  return (
    <header class="page-header">
      <Mark />
      <h1>
        <span class="product">mplsemu</span> <span class="title">{props.title}</span>
      </h1>
      {props.detail && <span class="detail quiet">{props.detail}</span>}
      <div class="header-end">{props.children}</div>
      <KeysButton />
      <ThemeSwitch />
    </header>
  );
}

function ThemeSwitch() {
  const { icon, label } = THEMES[theme.value];
  return (
    <button
      type="button"
      class="tool theme-switch"
      aria-label={label}
      title={label}
      onClick={() => setTheme(nextTheme(theme.value))}
    >
      <Icon name={icon} />
    </button>
  );
}
