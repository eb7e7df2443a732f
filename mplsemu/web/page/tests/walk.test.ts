import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { said } from "../src/announce";
import { state } from "../src/live/lab";
import {
  chooseWay,
  copiesOf,
  endOf,
  endWalk,
  goTo,
  isPlaying,
  isStale,
  lastStep,
  play,
  startTrace,
  step,
  stepsOf,
  traceError,
  walk,
  waysOf,
} from "../src/live/walk";
import { branch, exchange, hop, HOPS } from "./network";

const OTHER = [hop("n", "n-s", [18]), hop("s", "a/south")];

/** Let the server answer with this. */
function answering(status: number, body: unknown): void {
  globalThis.fetch = async () => new Response(JSON.stringify(body), { status });
}

beforeEach(() => {
  const nothing = { getItem: () => null, setItem() {}, removeItem() {} };
  Object.assign(globalThis, {
    sessionStorage: nothing,
    location: { hash: "" },
    matchMedia: () => ({ matches: false }),
  });
  state.value = null;
  endWalk();
});

test("a packet's steps begin at its host and end at the last hop", () => {
  const trace = exchange();
  const [way] = waysOf(trace);
  const steps = stepsOf(trace, way!);
  assert.deepEqual(
    steps.map(({ node, line, labels, end }) => [node, line, labels, end]),
    [
      ["a/north", "a/north", [], null],
      ["n", "n-p", [17, 16], null],
      ["p", "p-s", [16], null],
      ["s", "a/south", [], "delivered"],
    ],
  );
});

test("a packet that another provider has now is not lost", async () => {
  const hops = [hop("n", "n-s", [18]), hop("s", null)];
  const trace = exchange({ hops, delivered: false, end: "handed over to s", handed_over: true });
  const [way] = waysOf(trace);
  assert.deepEqual(
    stepsOf(trace, way!).map(({ end }) => end),
    [null, null, null],
  );
  answering(200, trace);
  await startTrace("a/north/h1", "10.2.0.2");
  assert.match(said.value.at(-1)?.text ?? "", /handed over to s/);
});

test("on a LAN of its own a packet has one step", () => {
  const trace = exchange({ hops: [] });
  assert.deepEqual(
    stepsOf(trace, waysOf(trace)[0]!).map(({ end }) => end),
    ["delivered"],
  );
  assert.equal(endOf(waysOf(trace)[0]!), "the host's own LAN");
});

test("of ways of equal cost the trace's own is shown, and another can be chosen", async () => {
  answering(200, exchange({ branches: [branch(1, 0.5, OTHER), branch(1, 0.5, HOPS)] }));
  await startTrace("a/north/h1", "a/south/h1");
  assert.equal(walk.value?.index, 1);
  assert.equal(walk.value?.steps.length, 4);
  assert.ok(isPlaying.value);
  assert.match(said.value.at(-1)?.text ?? "", /delivered, by way of n, p, s, one of 2 ways/);
  goTo(2);
  assert.equal(isPlaying.value, false);
  chooseWay(0);
  assert.equal(walk.value?.steps.length, 3);
  assert.equal(step.value, 0);
});

test("each copy of a flooded frame goes its own way", async () => {
  const lost = branch(2, 1, [hop("n", "n-s", [18])], false);
  answering(200, exchange({ branches: [branch(1, 1, HOPS), lost], delivered: false }));
  await startTrace("a/north/h1", "ff:ff:ff:ff:ff:ff");
  assert.equal(copiesOf(walk.value!), 2);
  assert.equal(lastStep(walk.value!), 3);
  assert.deepEqual(walk.value?.ways.map(endOf), ["a/south", "lost"]);
  assert.equal(walk.value?.others[0]?.at(-1)?.end, "lost");
});

test("a trace is stale as soon as the network has another program", async () => {
  const known = { generation: 1, in_sync: true, down: [], controller: true };
  state.value = known;
  answering(200, exchange());
  await startTrace("a/north/h1", "a/south/h1");
  assert.equal(isStale.value, false);
  state.value = { ...known, generation: 2 };
  assert.equal(isStale.value, true);
});

test("asked again, the packet stays where it is in the same network", async () => {
  answering(200, exchange());
  await startTrace("a/north/h1", "a/south/h1");
  goTo(2);
  await startTrace("a/north/h1", "a/south/h1", true);
  assert.equal(step.value, 2);
  play();
  goTo(99);
  assert.equal(step.value, 3);
});

test("what the server refuses is told", async () => {
  answering(400, { error: "no host 'x'; did you mean a/north/h1?" });
  await startTrace("x", "a/south/h1");
  assert.equal(traceError.value, "no host 'x'; did you mean a/north/h1?");
  assert.equal(walk.value, null);
});
