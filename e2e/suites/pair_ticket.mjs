import assert from "node:assert/strict";
import { describe, test } from "node:test";

const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=600&lookback=200&window=30";

const number = (text) => Number(text.replace(/[^\d.,−+-]/g, "").replace("−", "-"));
// The figure of a cell, without what is written under it.
const first = async (locator) => number(await locator.evaluate((cell) => cell.firstChild.textContent));

const asked = (dashboard, notional) =>
  dashboard.page
    .waitForFunction((end) => {
      const calls = performance.getEntriesByType("resource").map(({ name }) => name);
      return calls.findLast((name) => name.includes("/pairs/ticket?") && name.endsWith(end));
    }, `&notional=${notional}`)
    .then((handle) => handle.jsonValue());

export default (world) =>
  describe("the trade ticket of a pair", () => {
    test("is unfolded by a click, and has the server's quantities in the exchange's steps", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.chart("zscore");
        const panel = dashboard.panel("ticket");
        assert.equal(await dashboard.get("ticket").isVisible(), false);
        await panel.locator("summary").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("notional") === "10000");
        await dashboard.get("ticket").waitFor();
        const { pathname, search } = new URL(await asked(dashboard, 10_000));
        const ticket = await world.stack.get(pathname + search);
        const quantities = dashboard.get("quantity");
        const shown = [await first(quantities.nth(0)), await first(quantities.nth(1))];
        [ticket.y, ticket.x].forEach(({ quantity, step }, leg) => {
          // The feed has gone on by a bar at most since the page asked.
          assert.ok(Math.abs(shown[leg] / quantity - 1) < 0.05, `${shown[leg]} is ${quantity}`);
          assert.ok(Math.abs(shown[leg] / step - Math.round(shown[leg] / step)) < 1e-6, `${shown[leg]} in steps of ${step}`);
        });
        const edge = await first(dashboard.get("edge"));
        const parts = (await first(dashboard.get("reversion"))) + (await first(dashboard.get("cost")));
        assert.ok(Math.abs(edge - parts) <= 0.11, `${edge} is what is left of ${parts}`);
      }));

    test("follows its notional, is in the link, and is saved as a file", () =>
      world.browser.visit({ query: `${LINK}&notional=4000` }, async (dashboard) => {
        await dashboard.get("ticket").waitFor();
        const quantity = dashboard.get("quantity").nth(0);
        const small = await first(quantity);
        await dashboard.field("notional").fill("40000");
        await dashboard.field("notional").press("Enter");
        await dashboard.page.waitForURL((url) => url.searchParams.get("notional") === "40000");
        await dashboard.until(async () => Math.abs((await first(quantity)) / small - 10) < 1);
        const { name, content } = await dashboard.download(dashboard.get("ticket-csv"));
        assert.match(name, /ETHUSDT-BTCUSDT-1m-ticket\.csv$/);
        const [header, ...orders] = content.toString().trim().split("\n");
        assert.equal(header, "symbol,action,quantity,price,notional");
        assert.deepEqual(orders.map((line) => line.split(",")[1]).sort(), ["buy", "sell"]);
        const gross = orders.reduce((sum, line) => sum + Number(line.split(",")[4]), 0);
        assert.ok(gross > 38_000 && gross < 40_500, `${gross}`);
        await dashboard.panel("ticket").locator("summary").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("notional"));
        await dashboard.page.goBack();
        await dashboard.get("ticket").waitFor();
      }));

    test("asks for nothing once the pair is left", () =>
      world.browser.visit({ query: `${LINK}&notional=4000` }, async (dashboard) => {
        await dashboard.get("ticket").waitFor();
        // The click takes the field's number and leaves the pair in one.
        await dashboard.field("notional").fill("5000");
        await dashboard.tab("alerts").click();
        const clock = dashboard.page.locator("time.clock");
        for (let second = 0; second < 2; second += 1) await dashboard.changed(clock);
        assert.equal(await dashboard.page.locator("#crash").isVisible(), false);
      }));
  });
