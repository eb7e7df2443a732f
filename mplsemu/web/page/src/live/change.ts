/** Cuts and mends links: shows at once that it is being done, then how it went. */

import { announce } from "../announce";
import { api, words } from "../api";
import { assume, pending } from "./lab";

export type Outcome = { ok: true; tookMs: number } | { ok: false; text: string };

/** Take a link or circuit down, or up again. */
export async function setLink(link: string, up: boolean): Promise<Outcome> {
  pending.value = new Map([...pending.value, [link, up]]);
  announce(`${up ? "Mending" : "Cutting"} ${link}…`);
  try {
    const change = await api.setLink(link, up);
    assume(link, change.up);
    announce(`${link} is ${change.up ? "mended" : "cut"}.`);
    return { ok: true, tookMs: change.took_ms };
  } catch (error) {
    announce(`${link} stays as it was: ${words(error)}`);
    return { ok: false, text: words(error) };
  } finally {
    const rest = new Map(pending.value);
    rest.delete(link);
    pending.value = rest;
  }
}
