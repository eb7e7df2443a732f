import assert from "node:assert/strict";
import { test } from "node:test";
import { parallelLinks, wayText } from "../src/crossing";
import { byName, counted, fraction, millis, percent, rate, shortRate } from "../src/format";
import { tokenIn } from "../src/token";
import { matches } from "../src/widgets/Combobox";
import { filtered } from "../src/widgets/DataTable";

test("rates have three digits and a prefix", () => {
  assert.deepEqual([0, 999, 1234, 12_345, 123_456, 999_600, 1_234_567, 2.5e12].map(rate), [
    "0 bit/s",
    "999 bit/s",
    "1.23 kbit/s",
    "12.3 kbit/s",
    "123 kbit/s",
    "1 Mbit/s",
    "1.23 Mbit/s",
    "2.5 Tbit/s",
  ]);
  assert.deepEqual([1_234_567, 987, 999_999].map(shortRate), ["1.2M", "990", "1M"]);
});

test("times are in the unit that people use", () => {
  assert.deepEqual([0.421, 9.994, 31.26, 150.4, 999.4, 1300].map(millis), [
    "0.42 ms",
    "9.99 ms",
    "31.3 ms",
    "150 ms",
    "999 ms",
    "1.3 s",
  ]);
});

test("shares are fractions where flows are spread evenly, else percent", () => {
  assert.deepEqual([1, 0.5, 2 / 3, 1 / 12].map(fraction), ["all", "1/2", "2/3", "1/12"]);
  assert.equal(fraction(0.123456789), "12 %");
  assert.deepEqual([0, 0.001, 0.5].map(percent), ["0 %", "< 1 %", "50 %"]);
});

test("names sort as people expect, and things are counted", () => {
  assert.deepEqual(["p10", "P2", "a"].toSorted(byName), ["a", "P2", "p10"]);
  assert.deepEqual([counted(1, "row"), counted(2, "copy", "copies")], ["1 row", "2 copies"]);
});

test("a link is named only where another joins the same two routers", () => {
  const crossings = [
    { node: "p1", link: "p1-p2", next_hop: "p2" },
    { node: "p2", link: "p1-p2#2", next_hop: "p1" },
    { node: "p2", link: "p2-p3", next_hop: "p3" },
  ];
  const named = parallelLinks(crossings);
  assert.deepEqual([...named], ["p1-p2", "p1-p2#2"]);
  assert.equal(wayText("p1", [crossings[0]!, crossings[2]!], named), "p1 – p2 on p1-p2 – p3");
});

test("a token is found in a link, in its fragment, or by itself", () => {
  for (const text of ["http://x/#token=abc&y=1", "#token=abc", " abc "]) {
    assert.equal(tokenIn(text), "abc");
  }
});

test("a search finds what has all words, and first what begins with them", () => {
  assert.deepEqual(matches(["b/aarhus/h1", "aarhus", "oslo"], "AAR"), ["aarhus", "b/aarhus/h1"]);
  const rows = [
    { node: "p1", link: "dk-p1" },
    { node: "p2", link: null },
  ];
  assert.deepEqual(filtered(rows, "p1 dk"), [rows[0]]);
  assert.equal(filtered(rows, " "), rows);
});
