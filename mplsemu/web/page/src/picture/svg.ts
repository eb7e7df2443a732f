/** Pictures from the server as elements of the page. */

import { refusal, SVG } from "./allowed";

export class RefusedPicture extends Error {}

/** What a picture is made of once it is part of the page. */
export interface Drawing {
  svg: SVGSVGElement;
  /** Everything that is drawn; the stage moves and scales it. */
  viewport: SVGGElement;
  width: number;
  height: number;
}

/** Make elements of the page out of a picture's text. */
export function drawingOf(text: string): Drawing {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const root = parsed.documentElement;
  if (root.namespaceURI !== SVG || root.localName !== "svg") {
    throw new RefusedPicture("The server did not send a picture.");
  }
  for (const element of [root, ...root.querySelectorAll("*")]) {
    const reason = refusal(element);
    if (reason !== null) throw new RefusedPicture(reason);
  }
  const styles = [...root.querySelectorAll("style")].map((element) => {
    element.remove();
    return element.textContent ?? "";
  });
  const inline = [...root.querySelectorAll<SVGElement>("[style]")].map(takeStyle);
  const svg = document.importNode(root, true) as unknown as SVGSVGElement;
  giveStyles(svg, inline);
  useStyles(styles);
  return prepared(svg);
}

// The page's policy allows no inline styles; set by script they are allowed, and mean the same.
function takeStyle(element: SVGElement): string {
  const style = element.getAttribute("style") ?? "";
  element.removeAttribute("style");
  element.setAttribute("data-styled", "");
  return style;
}

function giveStyles(svg: SVGSVGElement, styles: string[]): void {
  svg.querySelectorAll<SVGElement>("[data-styled]").forEach((element, index) => {
    element.style.cssText = styles[index] ?? "";
    element.removeAttribute("data-styled");
  });
}

const used = new Set<string>();

/** Pictures bring the styles of their kind, mostly the same ones. */
function useStyles(styles: string[]): void {
  for (const text of styles) {
    if (used.has(text)) continue;
    used.add(text);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
  }
}

/** Put everything that is drawn in one group, for the stage to move. */
function prepared(svg: SVGSVGElement): Drawing {
  const [, , width = 1, height = 1] = (svg.getAttribute("viewBox") ?? "")
    .split(/[\s,]+/)
    .map(Number);
  for (const name of ["viewBox", "width", "height"]) svg.removeAttribute(name);
  const viewport = document.createElementNS(SVG, "g");
  viewport.setAttribute("class", "viewport");
  const rest = [...svg.children].filter((child) => !/^(title|desc|defs)$/.test(child.localName));
  viewport.append(...rest);
  svg.append(viewport);
  name(svg);
  return { svg, viewport, width, height };
}

/**
 * Turn titles into labels: a reader steps through the picture's parts by their names, and the page
 * shows them in its own way, where the browser would show both.
 */
function name(svg: SVGSVGElement): void {
  const words = [...svg.querySelectorAll(":scope > title, :scope > desc")];
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", words.map((element) => element.textContent).join(". "));
  svg.removeAttribute("aria-labelledby");
  const momentary = svg.querySelector(":scope > desc")?.getAttribute("data-momentary");
  if (momentary) svg.dataset.momentary = momentary;
  for (const element of words) element.remove();
  for (const title of svg.querySelectorAll<SVGTitleElement>("g > title")) {
    const part = title.parentNode as SVGGElement;
    const about = title.textContent ?? "";
    title.remove();
    part.dataset.about = about;
    if (part.getAttribute("role") !== "button") part.setAttribute("role", "img");
    part.setAttribute("aria-label", labelOf(part, about));
  }
}

/** A part's accessible name. */
function labelOf(part: SVGGElement, about: string): string {
  const texts = [...part.querySelectorAll("text")];
  for (const text of texts) text.after(" "); // or the words of two lines would be one word
  return spoken(
    texts.map((text) => text.textContent ?? ""),
    about,
  );
}

/**
 * What a part is called: first what is written in it, so that who speaks to his machine can say it
 * (WCAG 2.5.3), then the rest of what there is to say about it.
 */
export function spoken(written: readonly string[], about: string): string {
  const all = written.join(" ").trim();
  if (!all || about.startsWith(all)) return about;
  const [first = ""] = written;
  return `${all}: ${about.startsWith(`${first}, `) ? about.slice(first.length + 2) : about}`;
}

/** Make an SVG element. */
export function draw<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
