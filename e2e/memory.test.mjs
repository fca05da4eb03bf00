// Memory of a page that is left open. Not among the other tests, as it takes minutes: npm run memory
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser } from "./support/browser.mjs";
import { Stack } from "./support/stack.mjs";

// Updates come as often as the server sends them, at most ten a second: a faster feed makes every one of them a change.
const RATE = process.env.MEMORY_RATE ?? "60";
const MINUTES = Number(process.env.MEMORY_MINUTES ?? 6);
const SAMPLES = 18;
// Until then code is compiled and the series grows until its window is full.
const WARM_UP_MS = 90_000;
// What a page may keep from the first third of the samples to the last: Plotly remembers how large each text is, up to 10,000 of
// them (5 MB), and every new price is one.
const MOST_GROWTH = 1.1;

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
      await dashboard.page.waitForTimeout(WARM_UP_MS);
      const samples = [await sample()];
      for (let at = 1; at < SAMPLES; at += 1) {
        await dashboard.page.waitForTimeout((MINUTES * 60_000) / SAMPLES);
        samples.push(await sample());
      }
      for (const { heap, nodes, listeners } of samples) {
        console.log(`# heap ${heap.toFixed(1)} MiB, ${nodes} nodes, ${listeners} listeners`);
      }
      // The least of several: a sample may fall between the making of a drawing and its end.
      const least = (samples) => {
        const of = (name) => Math.min(...samples.map((sample) => sample[name]));
        return { heap: of("heap"), nodes: of("nodes"), listeners: of("listeners") };
      };
      const [first, last] = [samples.slice(0, SAMPLES / 3), samples.slice(-SAMPLES / 3)].map(least);
      for (const what of ["heap", "nodes", "listeners"]) {
        assert.ok(last[what] <= first[what] * MOST_GROWTH, `${what}: ${first[what]} to ${last[what]}`);
      }
    }));
});
