// How often a crashing server is started again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Crashes } from "../../src/crashes";

const MINUTE = 60_000;

test("the fifth crash within three minutes is one too many", () => {
  const crashes = new Crashes();
  const answers = [0, 1, 2, 3, 4].map((second) => crashes.mayRestart(second * 1000));
  assert.deepEqual(answers, [true, true, true, true, false]);
});

test("rare crashes never add up", () => {
  const crashes = new Crashes();
  for (let crash = 0; crash < 20; crash++) assert.equal(crashes.mayRestart(crash * MINUTE), true);
});

test("a crash long after the last begins a new burst", () => {
  const crashes = new Crashes();
  const sizes = [0, 1, 10].map((minute) => {
    crashes.mayRestart(minute * MINUTE);
    return crashes.recent;
  });
  assert.deepEqual(sizes, [1, 2, 1]);
});

test("a restart by hand begins anew", () => {
  const crashes = new Crashes();
  for (let crash = 0; crash < 5; crash++) crashes.mayRestart(crash);
  crashes.forget();
  assert.equal(crashes.mayRestart(6), true);
});
