/** What the reader has chosen to see. */

import { signal } from "@preact/signals";
import type { TableKind } from "./api";

export type PanelTab = "probe" | "tables" | "events" | "alarms";

/** What a dialog must not cover, in px of the stage. */
export interface Spot {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A selected router or line of the picture, and its place. */
export type Selection = ({ node: string } | { line: string }) & {
  spot: Spot;
  /** What the picture says of it. */
  about: string;
};

/** The picture: the provider's (null), or a VPN as its customer sees it. */
export const pictureOf = signal<string | null>(null);

/** The VPN drawn over the provider's picture. */
export const overlay = signal<string | null>(null);

export const panelTab = signal<PanelTab>("probe");
export const panelIsOpen = signal(true);
export const selection = signal<Selection | null>(null);
export const tableKind = signal<TableKind>("lfib");

/** The router whose tables are shown; null is all, undefined nobody has chosen yet. */
export const tableNode = signal<string | null | undefined>(undefined);

/** Show a part of the panel, opened if it is not. */
export function openPanel(tab: PanelTab): void {
  panelTab.value = tab;
  panelIsOpen.value = true;
}
