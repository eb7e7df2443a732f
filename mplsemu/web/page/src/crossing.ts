/** Writes paths: routers, and links where two routers have several. */

export interface Crossing {
  node: string;
  link: string;
  next_hop: string;
}

/** Links that have a parallel one between the same routers. */
export function parallelLinks(crossings: readonly Crossing[]): Set<string> {
  const between = new Map<string, Set<string>>();
  for (const { node, link, next_hop } of crossings) {
    const pair = JSON.stringify([node, next_hop].toSorted());
    between.set(pair, (between.get(pair) ?? new Set()).add(link));
  }
  return new Set([...between.values()].filter(({ size }) => size > 1).flatMap((all) => [...all]));
}

/** A path from a router: "west – p2 – east on p2-east#2". */
export function wayText(
  from: string,
  crossings: readonly Crossing[],
  named: ReadonlySet<string>,
): string {
  const words = crossings.map(({ link, next_hop }) =>
    named.has(link) ? `${next_hop} on ${link}` : next_hop,
  );
  return [from, ...words].join(" – ");
}
