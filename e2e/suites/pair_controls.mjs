import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m";

export default (world) =>
  describe("the controls of a pair", () => {
    test("find a series by a few letters, without a mouse, and never a pair of one series", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.page.keyboard.press("/");
        await dashboard.page.keyboard.type("sol");
        await dashboard.page.locator("[role=option].marked", { hasText: "SOL" }).waitFor();
        await dashboard.page.keyboard.press("Enter");
        await dashboard.page.waitForURL((url) => url.searchParams.get("y") === "SOLUSDT");
        await dashboard.analysed({ y: "simulated:SOLUSDT" });
        await dashboard.page.waitForFunction(() => document.title.includes("SOLUSDT / "));
        const x = dashboard.query.get("x");
        await dashboard.leg("y", x);
        await dashboard.page.waitForURL((url) => url.searchParams.get("y") === x && url.searchParams.get("x") === "SOLUSDT");
      }));

    test("swap the legs, and the browser's Back undoes it", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.analysed({ y: "simulated:ETHUSDT" });
        await dashboard.get("swap").click();
        await dashboard.analysed({ y: "simulated:BTCUSDT", x: "simulated:ETHUSDT" });
        assert.equal(await dashboard.get("leg-y").inputValue(), "BTCUSDT");
        await dashboard.page.goBack();
        await dashboard.analysed({ y: "simulated:ETHUSDT" });
      }));

    test("choose intervals, also by the arrow keys", () =>
      world.browser.visit({ query: `${LINK}&limit=300&lookback=100` }, async (dashboard) => {
        for (const interval of ["5m", "15m"]) {
          await dashboard.choice("interval", interval).click();
          await dashboard.analysed({ interval });
          assert.equal(await dashboard.choice("interval", interval).getAttribute("aria-checked"), "true");
        }
        await dashboard.page.keyboard.press("ArrowLeft");
        await dashboard.analysed({ interval: "5m" });
      }));

    test("choose every model, and what only some of them take", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.analysed({ model: "ols", fit: "walk_forward" });
        for (const model of ["huber", "theil_sen"]) {
          await dashboard.control("model").selectOption(model);
          await dashboard.analysed({ model });
        }
        assert.equal(await dashboard.plot("hedge-ratio").count(), 0);
        await dashboard.control("model").selectOption("kalman");
        await dashboard.analysed({ model: "kalman", noise: "memory", memory: "100" });
        await dashboard.chart("hedge-ratio");
        assert.equal(await dashboard.control("fit").count(), 0, "a filter takes no fit");
        await dashboard.page.setViewportSize({ width: 1440, height: 2300 });
        await dashboard.chart("stability");
        await dashboard.redrawn("zscore");
        await shoot(dashboard, "pair-kalman");
        await dashboard.choice("z", "Innovation").click();
        await dashboard.analysed({ z: "innovation" });
        await dashboard.type("memory", 50);
        await dashboard.analysed({ memory: "50" });
        await dashboard.control("noise").selectOption("pykalman");
        await dashboard.analysed({ noise: "pykalman", z: "rolling" });
        assert.equal(await dashboard.control("lookback").count(), 0, "nothing is trained");
      }));

    test("set lookback, window, baseline, thresholds, transform and correlation", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.type("lookback", 200);
        await dashboard.type("window", 30);
        await dashboard.choice("baseline", "Exclusive").click();
        await dashboard.type("entry", 1.75);
        await dashboard.type("exit", 0.25);
        await dashboard.choice("transform", "Log").click();
        await dashboard.choice("correlationOf", "Levels").click();
        await dashboard.analysed({
          lookback: "200",
          window: "30",
          baseline: "exclusive",
          entry: "1.75",
          exit: "0.25",
          transform: "log",
          correlationOf: "levels",
        });
        await dashboard.page.waitForFunction(() =>
          document.querySelector('[data-chart="zscore"]')._fullLayout.shapes?.some((shape) => shape.y0 === 1.75),
        );
        assert.equal(await dashboard.figure("spread", "detail"), "lnETHUSDT");
      }));

    test("say at once what is out of range, and in the server's words what contradicts itself", () =>
      world.browser.visit({ query: LINK, ignore: (text) => text.includes("400") }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.type("window", 2);
        await dashboard.get("controls").getByText(/from 3 to 10/).waitFor();
        assert.equal(dashboard.query.get("window"), null, "it is not taken");
        await dashboard.type("window", 5);
        await dashboard.get("notice").getByText(/cannot exceed/).waitFor();
        await dashboard.get("controls").locator("p[data-field=entry]").waitFor();
        await shoot(dashboard, "state-refused");
        await dashboard.type("entry", 1.5);
        await dashboard.analysed({ window: "5", entry: "1.5" });
        assert.equal(await dashboard.get("notice").count(), 0);
      }));

    test("fit in sample with the coefficients of a moment, until they are fitted anew", async () => {
      const query = "?y=ETHUSDT&x=BTCUSDT&interval=1s&limit=300&lookback=60";
      // There are bars of seconds of what was traded since the start only.
      await world.stack.answers(`/api/v1/pairs/analytics${query}&window=60`);
      await world.browser.visit({ query }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.choice("fit", "In-sample").click();
        await dashboard.page.waitForURL((url) => url.searchParams.has("fitTime"));
        const fitTime = dashboard.query.get("fitTime");
        await dashboard.analysed({ fit: "in_sample", fitTime });
        const beta = await dashboard.figure("beta");
        await dashboard.redrawn();
        await dashboard.redrawn();
        assert.equal(await dashboard.figure("beta"), beta, "the past is not painted anew");
        await dashboard.get("refit").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("fitTime") > fitTime);
        await dashboard.analysed({ fitTime: dashboard.query.get("fitTime") });
      });
    });

    test("choose the bars between two moments, which then stand still", () =>
      world.browser.visit({ query: `${LINK}&limit=300&lookback=60` }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.choice("range", "From – to").click();
        await dashboard.page.waitForURL((url) => url.searchParams.has("startTime"));
        const to = await dashboard.control("endTime").inputValue();
        const endTime = Date.parse(`${to}Z`) - 20 * 60_000;
        await dashboard.control("endTime").fill(new Date(endTime).toISOString().slice(0, 19));
        await dashboard.control("endTime").blur();
        await dashboard.analysed({ endTime: String(endTime) });
        assert.match(await dashboard.figure("z", "age"), /^Age:\d\d\w{3}\d\d:\d\d$/, "a moment, not an age");
      }));

    test("come back with the page, without a link", () =>
      world.browser.visit({ query: "?y=SOLUSDT&x=ETHUSDT&interval=5m&limit=300&lookback=100&window=40" }, async (dashboard) => {
        await dashboard.analysed({ window: "40" });
        await dashboard.page.goto(new URL("/", dashboard.page.url()).href);
        await dashboard.analysed({ y: "simulated:SOLUSDT", x: "simulated:ETHUSDT", interval: "5m", window: "40" });
      }));
  });
