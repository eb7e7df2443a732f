/** Numbers as people read them. */

const PREFIXES = ["", "k", "M", "G", "T"];

/** Three digits and a prefix: 1234567 is "1.23 M". */
function scaled(value: number): [string, string] {
  let index = 0;
  let rest = value;
  while (rest >= 999.5 && index < PREFIXES.length - 1) {
    rest /= 1000;
    index += 1;
  }
  const digits = index === 0 ? 0 : digitsOf(rest);
  return [String(Number(rest.toFixed(digits))), PREFIXES[index] ?? ""];
}

/** Digits behind the point, so that there are three in all. */
function digitsOf(value: number): number {
  if (value >= 99.95) return 0;
  return value >= 9.995 ? 1 : 2;
}

/** A rate: "1.23 Mbit/s". */
export function rate(bps: number): string {
  const [digits, prefix] = scaled(bps);
  return `${digits} ${prefix}bit/s`;
}

/** A link's metric: "10"; "10/30" where that back is another. */
export function metric(value: number | [number, number]): string {
  return typeof value === "number" ? String(value) : value.join("/");
}

/** A rate where there is little room: "1.2M". */
export function shortRate(bps: number): string {
  const [digits, prefix] = scaled(Number(bps.toPrecision(2)));
  return `${digits}${prefix}`;
}

/** A time: "0.42 ms", "1.3 s". */
export function millis(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return `${ms >= 10 ? ms.toFixed(1) : Number(ms.toFixed(2))} ms`;
}

/** A share: "12 %", "< 1 %". */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "< 1 %";
  return `${Math.round(share * 100)} %`;
}

/** A share of what was spread evenly, maybe more than once: "1/4". */
export function fraction(share: number): string {
  for (let whole = 1; whole <= 4096; whole += 1) {
    const part = Math.round(share * whole);
    if (part > 0 && Math.abs(part / whole - share) < 1e-9) {
      return part === whole ? "all" : `${part}/${whole}`;
    }
  }
  return percent(share);
}

/** The time of day, to the millisecond. */
export function clock(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** A thing and how many of it there are. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export const KINDS = { l3vpn: "L3VPN", vpls: "VPLS", vpws: "VPWS", "6pe": "6PE" } as const;

/** Names as a reader expects them: p2 before p10. */
export const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
