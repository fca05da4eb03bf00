import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { faintTexts, seriousViolations as violations, shoot } from "../support/looks.mjs";

const CHARTS = ["y-candles", "x-candles", "spread", "zscore", "normalised", "correlation", "stability", "scatter"];
const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

export default (world) =>
  describe("the page", () => {
    for (const colorScheme of ["dark", "light"]) {
      for (const viewport of SIZES) {
        test(`fits ${viewport.width} px in ${colorScheme}, with readable text and for everybody`, () =>
          world.browser.visit({ colorScheme, viewport, query: LINK }, async (dashboard) => {
            for (const chart of CHARTS) await dashboard.chart(chart);
            await dashboard.page.locator("[data-chart=y-candles]").scrollIntoViewIfNeeded();
            await dashboard.page.evaluate(() => window.scrollTo(0, 0));
            await dashboard.redrawn("y-candles");
            const overflow = await dashboard.page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            assert.equal(overflow, 0, "nothing to scroll sideways");
            await shoot(dashboard, `pair-${colorScheme}-${viewport.width}`);
            assert.deepEqual(await dashboard.page.evaluate(faintTexts), []);
            assert.deepEqual(await violations(dashboard.page), []);
            // A tall window shows the whole of it to whoever looks at the pictures.
            if (viewport.width > 1100) {
              await dashboard.page.setViewportSize({ width: viewport.width, height: 2000 });
              for (const chart of CHARTS) await dashboard.chart(chart);
              await dashboard.redrawn("zscore");
              await shoot(dashboard, `pair-whole-${colorScheme}-${viewport.width}`);
            }
          }));
      }
    }

    test("stands still while numbers change", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.chart();
        await dashboard.page.evaluate(() => {
          window.shift = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shift += entry.value;
          }).observe({ type: "layout-shift", buffered: false });
        });
        for (let update = 0; update < 4; update += 1) await dashboard.redrawn();
        const shift = await dashboard.page.evaluate(() => window.shift);
        assert.ok(shift < 0.005, `layout shift ${shift}`);
      }));
  });
