import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, SVG } from "../src/picture/allowed";
import { placeBeside } from "../src/picture/beside";
import {
  around,
  asWideAs,
  fitted,
  isReadDownward,
  revealingScale,
  scaleLimits,
} from "../src/picture/fit";
import { boxesOf, stackOffset } from "../src/picture/flight";
import { busier, level, lineFacts } from "../src/picture/marks";
import { spoken } from "../src/picture/svg";
import { Facts } from "../src/live/lab";
import { facts, SESSION } from "./network";

const STAGE = { width: 1024, height: 524 };

test("a picture is fitted in the middle, with a margin, and a small one is not blown up", () => {
  const large = fitted({ x: 0, y: 0, width: 2000, height: 500 }, STAGE);
  assert.deepEqual(large, { x: 12, y: 137, scale: 0.5 });
  assert.equal(fitted({ x: 0, y: 0, width: 10, height: 10 }, STAGE).scale, 1.5);
});

test("a long picture on a narrow stage is read downward", () => {
  const phone = { width: 384, height: 700 };
  assert.ok(isReadDownward({ width: 300, height: 900 }, phone));
  assert.ok(!isReadDownward({ width: 300, height: 300 }, phone));
  assert.ok(!isReadDownward({ width: 300, height: 900 }, STAGE));
  assert.deepEqual(asWideAs(phone, 300), { x: 12, y: 0, scale: 1.2 });
});

test("a part is brought into view as large as it goes, and not shrunk where it fits", () => {
  assert.equal(revealingScale({ width: 100, height: 100 }, STAGE, 0.3), 1);
  assert.equal(revealingScale({ width: 100, height: 100 }, STAGE, 2), 2);
  assert.equal(revealingScale({ width: 2048, height: 10 }, STAGE, 1), 0.39);
  assert.deepEqual(scaleLimits(0.5), [0.35, 4]);
});

test("a box is put around others", () => {
  const boxes = [
    { x: 10, y: 20, width: 5, height: 5 },
    { x: -10, y: 22, width: 5, height: 30 },
  ];
  assert.deepEqual(around(boxes), { x: -10, y: 20, width: 25, height: 32 });
});

test("what could do something in a picture is refused", () => {
  const markup = (localName: string, attributes: [string, string][] = [], namespaceURI = SVG) =>
    refusal({
      namespaceURI,
      localName,
      attributes: attributes.map(([name, value]) => ({ name, value })),
    });
  assert.equal(markup("path", [["d", "M0 0"]]), null);
  assert.equal(markup("use", [["href", "#router"]]), null);
  assert.match(markup("script") ?? "", /must not contain <script>/);
  assert.match(markup("foreignObject") ?? "", /foreignObject/);
  assert.match(markup("path", [], "http://www.w3.org/1999/xhtml") ?? "", /<path>/);
  assert.match(markup("g", [["ONCLICK", "x()"]]) ?? "", /ONCLICK/);
  for (const address of ["http://x", "javascript:x()", "data:,x", " #x"]) {
    assert.match(markup("use", [["xlink:href", address]]) ?? "", /xlink:href/);
  }
});

test("a part is called what is written in it, then what it is", () => {
  assert.equal(spoken(["dk"], "dk, PE, 3 sites"), "dk, PE, 3 sites");
  assert.equal(spoken(["dk", "10.0.0.1"], "dk, PE"), "dk 10.0.0.1: PE");
  assert.equal(spoken([], "Link dk-p1: up"), "Link dk-p1: up");
});

test("a packet's boxes are its labels, the last of which is the service's, and the payload", () => {
  assert.deepEqual(
    boxesOf([17, 16], "IP").map(({ text, kind }) => `${text} ${kind}`),
    ["17 transport", "16 service", "IP payload"],
  );
  assert.deepEqual(
    boxesOf([], "Ethernet").map(({ kind }) => kind),
    ["payload"],
  );
});

test("a stack is above its packet, below where there is no room, beside on a steep line", () => {
  const here = { stage: STAGE, height: 69, isCopy: false, isSteep: false };
  assert.deepEqual(stackOffset({ ...here, at: { x: 500, y: 300 } }), [-37, -83]);
  assert.deepEqual(stackOffset({ ...here, at: { x: 500, y: 50 } }), [-37, 14]);
  assert.deepEqual(stackOffset({ ...here, at: { x: 500, y: 300 }, isCopy: true }), [-37, 14]);
  assert.deepEqual(stackOffset({ ...here, at: { x: 500, y: 500 }, isCopy: true }), [-37, -83]);
  assert.deepEqual(stackOffset({ ...here, at: { x: 500, y: 300 }, isSteep: true }), [14, -34.5]);
  assert.deepEqual(stackOffset({ ...here, at: { x: 1000, y: 300 }, isSteep: true }), [-88, -34.5]);
});

test("a link's load is that of its busier direction, in five steps", () => {
  assert.equal(busier({ x: [1, 7] }, "x"), 7);
  assert.equal(busier({}, "x"), 0);
  assert.deepEqual([0, 0.01, 0.5, 0.8, 0.95].map(level), [0, 1, 2, 3, 4]);
});

test("one sentence tells how a link is", () => {
  const loads = { "n-p": [500_000, 0] } as const;
  assert.equal(
    lineFacts(facts(), "n-p", new Set(), loads),
    "Link n-p: up, 1 Mbit/s, metric 10, delay 2 ms, load 500 kbit/s (50 %)",
  );
  assert.equal(
    lineFacts(facts(), "n-p", new Set(["n-p"]), loads),
    "Link n-p: down, 1 Mbit/s, metric 10, delay 2 ms",
  );
  assert.equal(lineFacts(facts(), "a/north", new Set(), {}), "Line of site a/north: up");
  const links = SESSION.links.map((link) => ({ ...link, metric: [10, 30] as [number, number] }));
  const asymmetric = new Facts({ ...SESSION, links });
  assert.match(lineFacts(asymmetric, "n-p", new Set(), {}), /, metric 10\/30, /);
});

test("an explanation is beside what it explains, and on the stage", () => {
  const placed = (left: number, top: number) => {
    const style = { left: "", top: "" };
    const element = { offsetWidth: 200, offsetHeight: 100, style } as unknown as HTMLElement;
    const stage = { clientWidth: 800, clientHeight: 600 } as HTMLElement;
    placeBeside(element, { left, top, right: left + 40, bottom: top + 40 }, stage);
    return [style.left, style.top];
  };
  assert.deepEqual(placed(100, 100), ["152px", "88px"]);
  assert.deepEqual(placed(700, 100), ["488px", "88px"]);
  assert.deepEqual(placed(100, 590), ["152px", "492px"]);
});
