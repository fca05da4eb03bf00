import assert from "node:assert/strict";
import { describe, test } from "node:test";

// What the browser itself writes when there is nobody to connect to.
const isConnectionLoss = (text) => /ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)|Failed to load resource/.test(text);

export default (world) =>
  describe("a server that goes away", () => {
    test("is missed at once, and the page goes on by itself when it is back", () =>
      world.browser.visit({ query: "?symbol=BTCUSDT", ignore: isConnectionLoss }, async (dashboard) => {
        await dashboard.chart();
        await dashboard.drag(0.1);
        const range = await dashboard.range();
        await world.stack.kill();
        await dashboard.get("banner").waitFor();
        assert.match(await dashboard.get("banner").textContent(), /No connection to the server/);
        assert.match(await dashboard.get("feed").textContent(), /Disconnected/);
        await dashboard.page.locator("[data-testid=tile].stale[data-symbol=BTCUSDT]").waitFor();
        await world.stack.restart();
        await dashboard.get("banner").waitFor({ state: "detached", timeout: 60_000 });
        await dashboard.page.locator("[data-testid=tile][data-symbol=BTCUSDT]:not(.stale)").waitFor();
        await dashboard.changed(dashboard.tile("BTCUSDT").locator("[data-testid=price]"));
        assert.deepEqual(await dashboard.range(), range, "the view is as it was");
        await dashboard.get("latest").click();
        await dashboard.redrawn();
        // What was traded in between is there: no bar is missing between the first and the last.
        const steps = await dashboard.page.evaluate(() => {
          const { x } = document.querySelector("[data-testid=plot]").data[0];
          return [...new Set(Array.from(x.slice(1), (time, at) => time - x[at]))];
        });
        assert.deepEqual(steps, [60_000]);
      }));
  });
