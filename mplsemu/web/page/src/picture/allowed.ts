/**
 * What a picture from the server may hold. Names in it are the user's, so elements that could do
 * something, handlers and addresses are refused.
 */

export const SVG = "http://www.w3.org/2000/svg";

const ELEMENTS: ReadonlySet<string> = new Set(
  (
    "svg g path rect circle ellipse line polyline polygon text tspan title desc style defs marker " +
    "use symbol pattern clipPath mask linearGradient radialGradient stop"
  ).split(" "),
);
const REFERENCES: ReadonlySet<string> = new Set(["href", "xlink:href", "src"]);

/** The parts of an element that matter here. */
export interface Markup {
  readonly namespaceURI: string | null;
  readonly localName: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
}

/** Why an element is refused; null if it is not. */
export function refusal({ namespaceURI, localName, attributes }: Markup): string | null {
  if (namespaceURI !== SVG || !ELEMENTS.has(localName)) {
    return `A picture must not contain <${localName}>.`;
  }
  for (const { name, value } of attributes) {
    if (/^on/i.test(name) || (REFERENCES.has(name) && !value.startsWith("#"))) {
      return `A picture must not have ${name} on <${localName}>.`;
    }
  }
  return null;
}
