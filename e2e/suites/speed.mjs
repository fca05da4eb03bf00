import assert from "node:assert/strict";
import { describe, test } from "node:test";

export default (world) =>
  describe("the page", () => {
    test("draws a frame within 50 ms while everything on it is live", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1s" }, async (dashboard) => {
        await dashboard.settled("pair");
        const frames = await dashboard.page.evaluate(
          (seconds) =>
            new Promise((resolve) => {
              const frames = [];
              let last = performance.now();
              const end = last + seconds * 1_000;
              const step = (now) => {
                frames.push(now - last);
                last = now;
                if (now < end) requestAnimationFrame(step);
                else resolve(frames);
              };
              requestAnimationFrame(step);
            }),
          10,
        );
        frames.sort((a, b) => a - b);
        const median = frames[Math.floor(frames.length / 2)];
        const late = frames[Math.floor(frames.length * 0.99)];
        console.log(`# median frame ${median.toFixed(1)} ms, 99 of 100 within ${late.toFixed(0)} ms, ${frames.length} frames`);
        assert.ok(median < 50, `median frame ${median} ms`);
      }));
  });
