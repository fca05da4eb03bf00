import assert from "node:assert/strict";
import { describe, test } from "node:test";

export default (world) =>
  describe("the pickers", () => {
    test("find a symbol by a few letters, without a mouse", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        await dashboard.page.keyboard.press("/");
        await dashboard.page.keyboard.type("eth");
        await dashboard.page.locator("[role=option].marked", { hasText: "ETH" }).waitFor();
        await dashboard.page.keyboard.press("Enter");
        await dashboard.page.waitForURL((url) => url.searchParams.get("symbol") === "ETHUSDT");
        await dashboard.page.waitForFunction(() => document.title.includes("ETHUSDT"));
        await dashboard.chart("ETHUSDT:1m");
        assert.equal(await dashboard.tile("ETHUSDT").getAttribute("aria-pressed"), "true");
      }));

    test("say when no symbol has such a name, and Escape leaves the choice as it was", () =>
      world.browser.visit({ query: "?symbol=BTCUSDT" }, async (dashboard) => {
        await dashboard.chart();
        await dashboard.get("symbol").fill("nothing");
        await dashboard.page.getByText("No symbol of that name").waitFor();
        await dashboard.page.keyboard.press("Escape");
        assert.equal(await dashboard.get("symbol").inputValue(), "BTCUSDT");
        assert.equal(dashboard.query.get("symbol"), "BTCUSDT");
      }));

    test("change the interval by click and by arrow key, and Back undoes it", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        await dashboard.interval("5m").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("interval") === "5m");
        await dashboard.chart(":5m");
        const [from, to] = await dashboard.range();
        await dashboard.page.keyboard.press("ArrowRight");
        await dashboard.page.waitForURL((url) => url.searchParams.get("interval") === "15m");
        await dashboard.page.waitForFunction(
          (span) => {
            const axis = document.querySelector("[data-testid=plot]")._fullLayout.xaxis;
            return axis.r2l(axis.range[1]) - axis.r2l(axis.range[0]) > span * 2;
          },
          to - from,
        );
        await dashboard.page.goBack();
        await dashboard.page.waitForURL((url) => url.searchParams.get("interval") === "5m");
        assert.equal(await dashboard.interval("5m").getAttribute("aria-checked"), "true");
      }));

    test("show every interval there is", () =>
      world.browser.visit({}, async (dashboard) => {
        for (const interval of ["1m", "5m", "15m", "1h", "4h", "1d"]) {
          await dashboard.interval(interval).click();
          await dashboard.page.waitForFunction((interval) => {
            const { x } = document.querySelector("[data-testid=plot]")?.data?.[0] ?? {};
            const lengths = { "1m": 6e4, "5m": 3e5, "15m": 9e5, "1h": 36e5, "4h": 144e5, "1d": 864e5 };
            return x?.length > 20 && x[1] - x[0] === lengths[interval];
          }, interval);
        }
      }));
  });
