/** The theme: light, dark, or the system's. */

import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const KEY = "mplsemu.theme";
const ORDER: readonly Theme[] = ["auto", "light", "dark"];

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return ORDER.find((theme) => theme === value) ?? "auto";
}

export const theme = signal<Theme>("auto");

/** Show the page in the theme that was chosen last. */
export function startTheme(): void {
  setTheme(stored());
}

/** Choose a theme; the pictures follow by their own styles. */
export function setTheme(value: Theme): void {
  theme.value = value;
  const root = document.documentElement;
  if (value === "auto") delete root.dataset.theme;
  else root.dataset.theme = value;
  localStorage.setItem(KEY, value);
}

/** The theme after this one. */
export function nextTheme(value: Theme): Theme {
  return ORDER[(ORDER.indexOf(value) + 1) % ORDER.length] ?? "auto";
}

/** Whether the reader asked for less motion. */
export const lessMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
