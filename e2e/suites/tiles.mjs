import assert from "node:assert/strict";
import { describe, test } from "node:test";

export default (world) =>
  describe("the tiles", () => {
    test("show a last price that moves, its volume and its age for every symbol", () =>
      world.browser.visit({}, async (dashboard) => {
        const { symbols } = await world.stack.get("/api/v1/symbols");
        await dashboard.tile("BTCUSDT").waitFor();
        assert.equal(await dashboard.get("tile").count(), symbols.length);
        await dashboard.changed(dashboard.tile("BTCUSDT").locator("[data-testid=price]"));
        assert.match(await dashboard.tile("BTCUSDT").locator("[data-testid=volume]").textContent(), /\d.*USDT/);
        assert.match(await dashboard.tile("BTCUSDT").locator("[data-testid=age]").textContent(), /\d+\D?s$/);
      }));

    test("show the price that the server has", () =>
      world.browser.visit({}, async (dashboard) => {
        const price = dashboard.tile("ETHUSDT").locator("[data-testid=price]");
        await dashboard.changed(price);
        const shown = Number((await price.textContent()).replace(/[^\d.]/g, ""));
        const { trades } = await world.stack.get("/api/v1/trades?symbol=ETHUSDT&limit=500");
        assert.ok(trades.price.includes(shown), `${shown} is a price that was traded`);
      }));

    test("say all the time that the market is simulated", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        assert.ok(await dashboard.get("mode").isVisible());
        assert.match(await dashboard.get("mode").textContent(), /^SIMULATED/);
        await dashboard.tile("ETHUSDT").click();
        await dashboard.chart("ETHUSDT");
        await dashboard.redrawn();
        assert.ok(await dashboard.get("mode").isVisible());
        assert.match(await dashboard.get("feed").textContent(), /Simulated market/);
        assert.match(await dashboard.get("lag").textContent(), /\d/);
      }));
  });
