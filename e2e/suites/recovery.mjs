import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

const isConnectionLoss = (text) => /net::ERR_|Failed to load resource/.test(text);

export default (world) =>
  describe("a server that is lost", () => {
    test("is missed at once, and the page goes on by itself when it is back", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=300&lookback=100", ignore: isConnectionLoss }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.drag(0.1);
        const range = await dashboard.range();
        await world.stack.kill();
        await dashboard.get("banner").waitFor();
        assert.match(await dashboard.get("banner").textContent(), /No connection to the server/);
        assert.match(await dashboard.get("feed").textContent(), /Disconnected/);
        for (const name of ["y", "z", "beta"]) {
          await dashboard.page.locator(`[data-testid=tile-${name}].stale`).waitFor();
        }
        await shoot(dashboard, "state-disconnected");
        await world.stack.restart();
        await dashboard.get("banner").waitFor({ state: "detached", timeout: 60_000 });
        await dashboard.page.locator("[data-testid=tile-y]:not(.stale)").waitFor();
        await dashboard.changed(dashboard.tile("z").locator("[data-testid=value]"));
        // The view is as it was.
        await dashboard.shows(range, "zscore");
        await dashboard.get("latest").click();
        await dashboard.redrawn();
        // What was traded in between is there: no bar is missing between the first and the last.
        const steps = await dashboard.page.evaluate(() => {
          const { x } = document.querySelector('[data-chart="zscore"]').data[0];
          return [...new Set(Array.from(x.slice(1), (time, at) => time - x[at]))];
        });
        assert.deepEqual(steps, [60_000]);
      }));
  });
