import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { historyOf, remember } from "../src/live/history";
import * as lab from "../src/live/lab";
import { MessageParser } from "../src/live/sse";
import { facts } from "./network";

const take = (event: string, data: unknown) => lab.take({ event, data: JSON.stringify(data) });

beforeEach(() => {
  lab.state.value = null;
  lab.events.value = [];
  lab.pictureChanges.value = {};
});

test("messages come whole out of pieces that are cut anywhere", () => {
  const text = ': the lab runs\n\nevent: state\r\ndata: {"a":\ndata: 1}\n\ndata: x\n\n';
  for (let cut = 0; cut < text.length; cut += 1) {
    const parser = new MessageParser();
    const found = [...parser.take(text.slice(0, cut)), ...parser.take(text.slice(cut))];
    assert.deepEqual(found, [
      { event: "state", data: '{"a":\n1}' },
      { event: "message", data: "x" },
    ]);
  }
});

test("the state of the lab is what the last message says", () => {
  take("state", { generation: 4, in_sync: true, down: ["n-p"], controller: true });
  assert.equal(lab.generation.value, 4);
  assert.ok(lab.down.value.has("n-p"));
  lab.assume("n-p", true);
  lab.assume("p-s", false);
  assert.deepEqual(lab.state.value?.down, ["p-s"]);
});

test("an event that comes again after a reconnection is shown once, the newest first", () => {
  const event = { number: 1, time_s: 10, kind: "port", text: "n-p is down", took_ms: null };
  for (const each of [event, { ...event, number: 2 }, event]) take("event", each);
  assert.deepEqual(
    lab.events.value.map(({ number }) => number),
    [2, 1],
  );
});

test("alarms, loads and changed pictures are taken, and what is unknown is left", () => {
  take("alarms", { alarms: [{ severity: "major", object: "link n-p", text: "is down" }] });
  assert.ok(lab.alarmsCame.value);
  assert.equal(lab.alarms.value[0]?.object, "link n-p");
  take("load", { links: { "n-p": [8012, 64] } });
  assert.deepEqual(lab.load.value["n-p"], [8012, 64]);
  take("pictures", { vpns: ["a", "b"] });
  take("pictures", { vpns: ["a"] });
  assert.deepEqual(lab.pictureChanges.value, { a: 2, b: 1 });
  take("toString", {});
});

test("loads are remembered for five minutes", () => {
  remember({ x: [1, 2] }, 1_000_000);
  remember({ x: [3, 4] }, 1_100_000);
  remember({ y: [5, 6] }, 1_350_000);
  assert.deepEqual(historyOf("x"), [[1_100_000, 3, 4]]);
});

test("facts are found by name", () => {
  const found = facts();
  assert.equal(found.nodes.get("p")?.role, "p");
  assert.ok(found.circuits.has("a/north"));
  assert.deepEqual(
    found.linksOf("p").map(({ name }) => name),
    ["n-p", "p-s"],
  );
});
