import assert from "node:assert/strict";
import { describe, test } from "node:test";

const theme = (dashboard) => dashboard.page.evaluate(() => document.documentElement.dataset.theme);

export default (world) =>
  describe("settings", () => {
    test("survive a reload, and the charts follow the theme", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        assert.equal(await theme(dashboard), "dark");
        const colour = () => dashboard.page.evaluate(() => document.querySelector('[data-chart="zscore"]')._fullLayout.font.color);
        const before = await colour();
        await dashboard.get("theme").click();
        await dashboard.page.waitForFunction(
          (before) => document.querySelector('[data-chart="zscore"]')._fullLayout.font.color !== before,
          before,
        );
        await dashboard.page.getByRole("button", { name: "UTC" }).click();
        await dashboard.page.reload();
        assert.equal(await theme(dashboard), "light");
        await dashboard.chart();
        assert.equal(await dashboard.page.getByRole("button", { name: "UTC" }).getAttribute("aria-pressed"), "true");
      }));

    test("show times by the clock of the reader or of Greenwich", () =>
      world.browser.visit({ timezoneId: "Asia/Kolkata" }, async (dashboard) => {
        await dashboard.chart();
        assert.equal(await dashboard.get("zone").textContent(), "UTC+5:30");
        const [local] = await dashboard.range();
        await dashboard.page.getByRole("button", { name: "UTC" }).click();
        await dashboard.page.waitForFunction((local) => {
          const axis = document.querySelector('[data-chart="zscore"]')._fullLayout.xaxis;
          return axis.r2l(axis.range[0]) < local - 5 * 3_600_000;
        }, local);
        assert.equal(await dashboard.get("zone").textContent(), "UTC");
      }));

    test("say all the time that the market is simulated", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.analysed();
        assert.match(await dashboard.get("mode").textContent(), /^SIMULATED/);
        await dashboard.redrawn();
        assert.ok(await dashboard.get("mode").isVisible());
        assert.match(await dashboard.get("feed").textContent(), /Simulated market/);
        assert.match(await dashboard.get("lag").textContent(), /\d/);
      }));
  });
