// Memory over many updates: an hour of them in minutes, by a feed that is faster. Not among the other tests, as it takes those minutes:
// npm run memory
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser } from "./support/browser.mjs";
import { Stack } from "./support/stack.mjs";

// Updates come as often as the server sends them, at most ten a second: a faster feed makes every one of them a change.
const RATE = process.env.MEMORY_RATE ?? "60";
const MINUTES = Number(process.env.MEMORY_MINUTES ?? 4);
const SAMPLES = 8;
// What a page may keep between the first and the last sample, after the garbage was collected.
const MOST_GROWTH = 1.15;

describe("a page that is left open", () => {
  const world = {};

  before(async () => {
    world.stack = await Stack.start(["--rate", RATE]);
    world.browser = await Browser.launch(world.stack);
  });

  after(async () => {
    await world.browser?.close();
    await world.stack?.remove();
  });

  test("keeps no more memory with every update", () =>
    world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
      await dashboard.settled("pair");
      const line = await dashboard.page.context().newCDPSession(dashboard.page);
      await line.send("HeapProfiler.enable");
      await line.send("Performance.enable");
      const sample = async () => {
        for (let round = 0; round < 3; round += 1) await line.send("HeapProfiler.collectGarbage");
        const { metrics } = await line.send("Performance.getMetrics");
        const of = (name) => metrics.find((metric) => metric.name === name).value;
        return { heap: of("JSHeapUsedSize") / 2 ** 20, nodes: of("Nodes"), listeners: of("JSEventListeners") };
      };
      // The series grows until its window is full, and Plotly fills its caches.
      await dashboard.page.waitForTimeout(45_000);
      const samples = [await sample()];
      for (let at = 1; at < SAMPLES; at += 1) {
        await dashboard.page.waitForTimeout((MINUTES * 60_000) / SAMPLES);
        samples.push(await sample());
      }
      for (const { heap, nodes, listeners } of samples) {
        console.log(`# heap ${heap.toFixed(1)} MiB, ${nodes} nodes, ${listeners} listeners`);
      }
      const [first, last] = [samples[0], samples.at(-1)];
      assert.ok(last.heap < first.heap * MOST_GROWTH, `heap ${first.heap} to ${last.heap} MiB`);
      assert.ok(last.nodes < first.nodes * MOST_GROWTH + 200, `nodes ${first.nodes} to ${last.nodes}`);
    }));
});
