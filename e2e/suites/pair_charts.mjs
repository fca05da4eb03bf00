import assert from "node:assert/strict";
import { describe, test } from "node:test";

const TIME_CHARTS = ["y-candles", "x-candles", "spread", "zscore", "normalised", "correlation", "stability"];
const near = (a, b, tolerance) => Math.abs(a - b) <= tolerance;

export default (world) =>
  describe("the charts of a pair", () => {
    test("are all drawn, each with what it is there for", () =>
      world.browser.visit({}, async (dashboard) => {
        for (const name of [...TIME_CHARTS, "scatter"]) await dashboard.chart(name);
        const traces = (name) =>
          dashboard.page.evaluate((name) => {
            const { data, _fullLayout } = document.querySelector(`[data-chart="${name}"]`);
            return {
              types: data.map((trace) => trace.type),
              fills: data.filter((trace) => trace.fill).length,
              lines: data.filter((trace) => trace.mode === "lines").length,
              names: data.map((trace) => trace.name).filter(Boolean),
              levels: (_fullLayout.shapes ?? []).filter((shape) => shape.type === "line").map((shape) => shape.y0),
            };
          }, name);
        for (const leg of ["y-candles", "x-candles"]) {
          assert.deepEqual((await traces(leg)).types, ["candlestick", "bar", "bar"], `${leg}: candles and volume`);
        }
        assert.equal((await traces("spread")).fills, 1, "the spread has its band");
        assert.deepEqual((await traces("zscore")).levels, [0, 2, -2, 0.5, -0.5], "z has its thresholds");
        assert.equal((await traces("normalised")).lines, 2, "both legs");
        const stability = await traces("stability");
        assert.equal(stability.fills, 1, "β has its error");
        assert.deepEqual(stability.levels, [0.05], "p has its level");
        const models = (await traces("scatter")).names.sort();
        assert.deepEqual(models, ["huber", "kalman", "ols", "theil_sen"], "a line of every model");
      }));

    test("move with the market", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("zscore");
        await dashboard.redrawn("zscore");
        await dashboard.chart("y-candles");
        await dashboard.redrawn("y-candles");
      }));

    test("keep the zoom of one in all while new trades arrive, and a double click gives it up", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("zscore");
        const [from, to] = await dashboard.range();
        await dashboard.wheel(-400);
        const zoomed = await dashboard.range();
        assert.ok(zoomed[1] - zoomed[0] < (to - from) * 0.95, "the wheel zooms in");
        for (const name of TIME_CHARTS) {
          await dashboard.plot(name).scrollIntoViewIfNeeded();
          await dashboard.shows(zoomed, name);
        }
        await dashboard.chart("zscore");
        await dashboard.redrawn();
        await dashboard.redrawn();
        const later = await dashboard.range();
        assert.ok(near(later[0], zoomed[0], 2) && near(later[1], zoomed[1], 2), `${later} is ${zoomed}`);
        const { x, y } = await dashboard.middle();
        await dashboard.page.mouse.dblclick(x, y);
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("leave the wheel to the page until one is clicked", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("zscore");
        const before = await dashboard.page.locator(".charts").evaluate((element) => element.scrollTop);
        const { x, y } = await dashboard.middle("zscore");
        await dashboard.page.mouse.move(x, y);
        await dashboard.page.mouse.wheel(0, 300);
        await dashboard.page.waitForFunction((before) => document.querySelector(".charts").scrollTop !== before, before);
        assert.ok(!dashboard.query.has("from"));
      }));

    test("are dragged together, and keep their place on another tab and after a reload", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("zscore");
        await dashboard.wheel(-600);
        const [from] = await dashboard.range();
        const before = dashboard.page.url();
        await dashboard.drag(0.2);
        await dashboard.page.waitForURL((url) => url.href !== before);
        const dragged = await dashboard.range();
        assert.ok(dragged[0] < from, "into the past");
        await dashboard.page.getByRole("link", { name: "Alerts" }).click();
        await dashboard.page.getByRole("link", { name: "Pair" }).click();
        await dashboard.chart("zscore");
        await dashboard.shows(dragged, "zscore");
        await dashboard.page.reload();
        await dashboard.chart("zscore");
        await dashboard.shows(dragged, "zscore");
      }));

    test("are moved and zoomed by the keyboard", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("spread");
        const [from, to] = await dashboard.range("spread");
        await dashboard.plot("spread").focus();
        await dashboard.page.keyboard.press("+");
        await dashboard.page.waitForURL(({ searchParams }) => searchParams.get("to") - searchParams.get("from") < (to - from) * 0.9);
        const zoomed = Number(dashboard.query.get("from"));
        assert.ok(from < zoomed);
        await dashboard.page.keyboard.press("ArrowLeft");
        await dashboard.page.waitForURL((url) => Number(url.searchParams.get("from")) < zoomed);
        await dashboard.page.keyboard.press("0");
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("let the cloud be moved and zoomed by the keyboard, too", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("scatter");
        await dashboard.plot("scatter").focus();
        await dashboard.page.keyboard.press("+");
        await dashboard.page.waitForURL((url) => url.searchParams.has("cloud"));
        const cloud = () => dashboard.query.get("cloud").split("_").map(Number);
        const zoomed = cloud();
        await dashboard.page.keyboard.press("ArrowUp");
        await dashboard.until(() => cloud()[2] > zoomed[2]);
        assert.equal(cloud()[0], zoomed[0], "x has stayed");
        await dashboard.page.keyboard.press("0");
        await dashboard.page.waitForURL((url) => !url.searchParams.has("cloud"));
      }));

    test("share a crosshair and read out the point under it", () =>
      world.browser.visit({ viewport: { width: 1440, height: 1400 } }, async (dashboard) => {
        await dashboard.chart("spread");
        await dashboard.chart("zscore");
        const { x, y } = await dashboard.middle("zscore");
        await dashboard.page.mouse.move(x - 60, y);
        await dashboard.page.mouse.move(x, y, { steps: 3 });
        const crosshair = dashboard.panel("spread").locator("[data-testid=crosshair]");
        await crosshair.waitFor({ state: "visible" });
        const { x: at } = await crosshair.boundingBox();
        assert.ok(near(at, x, 12), `${at} is near ${x}`);
        const shown = await dashboard.panel("spread").locator("[data-testid=legend]").textContent();
        await dashboard.page.mouse.move(x - 200, y, { steps: 3 });
        await dashboard.page.waitForFunction(
          (shown) => document.querySelector('[data-panel="spread"] [data-testid=legend]').textContent !== shown,
          shown,
        );
      }));

    test("are redrawn at most twice a second", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.chart("zscore");
        const { draws, seconds } = await dashboard.page.evaluate(
          () =>
            new Promise((done) => {
              let draws = 0;
              const started = performance.now();
              document.querySelector('[data-chart="zscore"]').on("plotly_afterplot", () => {
                draws += 1;
                if (draws === 5) done({ draws: draws - 1, seconds: (performance.now() - started) / 1000 });
              });
            }),
        );
        assert.ok(draws / seconds <= 2.2, `${draws} in ${seconds} s`);
      }));

    test("draw at most 1,000 candles and 2,000 points of a line, and finer ones on zoom", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=5000&lookback=100" }, async (dashboard) => {
        await dashboard.analysed();
        const drawn = (name) =>
          dashboard.page.evaluate((name) => {
            const { x } = document.querySelector(`[data-chart="${name}"]`).data[0];
            const steps = Array.from(x.slice(1), (time, at) => time - x[at]);
            return { points: x.length, step: Math.min(...steps) };
          }, name);
        const line = await drawn("zscore");
        assert.ok(line.points <= 2_000, `${line.points} points`);
        await dashboard.chart("y-candles");
        const candles = await drawn("y-candles");
        assert.ok(candles.points <= 1_000, `${candles.points} candles`);
        assert.ok(candles.step > 60_000, "candles of several bars each");
        await dashboard.chart("zscore");
        await dashboard.plot("zscore").focus();
        for (let step = 0; step < 20; step += 1) await dashboard.page.keyboard.press("+");
        await dashboard.page.waitForURL(({ searchParams }) => searchParams.get("to") - searchParams.get("from") < 100 * 60_000);
        await dashboard.chart("y-candles");
        await dashboard.page.waitForFunction(() => {
          const { x } = document.querySelector('[data-chart="y-candles"]').data[0];
          return x.length > 10 && x[1] - x[0] === 60_000;
        });
      }));
  });
