import assert from "node:assert/strict";
import { describe, test } from "node:test";

const near = (a, b, tolerance) => Math.abs(a - b) <= tolerance;

export default (world) =>
  describe("the chart", () => {
    test("shows candles and volume that move with the market", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        assert.ok((await dashboard.page.locator(".bars .point").count()) > 20, "volume is drawn");
        const before = await dashboard.newestCandle();
        await dashboard.redrawn();
        assert.notEqual(await dashboard.newestCandle(), before);
      }));

    test("keeps the zoom while new trades arrive, and a double click gives it up", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        const [from, to] = await dashboard.range();
        await dashboard.wheel(-400);
        const zoomed = await dashboard.range();
        assert.ok(zoomed[1] - zoomed[0] < (to - from) * 0.95, "the wheel zooms in");
        await dashboard.redrawn();
        await dashboard.redrawn();
        const later = await dashboard.range();
        assert.ok(near(later[0], zoomed[0], 1) && near(later[1], zoomed[1], 1), `${later} is ${zoomed}`);
        const { x, y } = await dashboard.middle();
        await dashboard.page.mouse.dblclick(x, y);
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("is dragged into the past, where older bars are read", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        const [from] = await dashboard.range();
        await dashboard.drag(0.4);
        assert.ok((await dashboard.range())[0] < from);
        const held = () => dashboard.get("bars").textContent().then((text) => Number(text.replace(/\D/g, "")));
        const before = await held();
        await dashboard.get("plot").focus();
        for (let screen = 0; screen < 12; screen += 1) await dashboard.page.keyboard.press("PageUp");
        await dashboard.page.waitForFunction(
          (before) => Number(document.querySelector("[data-testid=bars]").textContent.replace(/\D/g, "")) > before,
          before,
        );
        await dashboard.get("latest").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("is moved and zoomed by the keyboard", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        const [from, to] = await dashboard.range();
        await dashboard.get("plot").focus();
        await dashboard.page.keyboard.press("ArrowLeft");
        await dashboard.page.waitForURL((url) => Number(url.searchParams.get("from")) < from - 1);
        await dashboard.page.keyboard.press("+");
        await dashboard.page.waitForURL(({ searchParams }) => searchParams.get("to") - searchParams.get("from") < (to - from) * 0.9);
        await dashboard.page.keyboard.press("0");
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("reads out the bar under the pointer", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        const time = dashboard.get("readout").locator(".reading-time");
        const latest = await time.textContent();
        const { x, y } = await dashboard.middle();
        await dashboard.page.mouse.move(x - 40, y);
        await dashboard.page.mouse.move(x, y, { steps: 3 });
        await dashboard.page.waitForFunction(
          (latest) => document.querySelector(".reading-time").textContent !== latest,
          latest,
        );
      }));

    test("is redrawn at most twice a second", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart();
        const { draws, seconds } = await dashboard.page.evaluate(
          () =>
            new Promise((done) => {
              let draws = 0;
              const started = performance.now();
              document.querySelector("[data-testid=plot]").on("plotly_afterplot", () => {
                draws += 1;
                if (draws === 6) done({ draws: draws - 1, seconds: (performance.now() - started) / 1000 });
              });
            }),
        );
        assert.ok(draws / seconds <= 2.2, `${draws} in ${seconds} s`);
      }));
  });
