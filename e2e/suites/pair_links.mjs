import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

export default (world) =>
  describe("a link to a pair", () => {
    test("reproduces legs, model, thresholds and times on screen", () =>
      world.browser.visit({}, async (sender) => {
        await sender.analysed();
        await sender.leg("y", "SOLUSDT");
        await sender.leg("x", "ETHUSDT");
        await sender.choice("interval", "5m").click();
        await sender.control("model").selectOption("huber");
        await sender.type("lookback", 150);
        await sender.type("entry", 1.5);
        await sender.analysed({ model: "huber", lookback: "150", entry: "1.5", interval: "5m" });
        await sender.wheel(-300);
        const sent = await sender.range();
        await world.browser.visit({ query: new URL(sender.page.url()).search }, async (receiver) => {
          await receiver.analysed({
            y: "simulated:SOLUSDT",
            x: "simulated:ETHUSDT",
            interval: "5m",
            model: "huber",
            lookback: "150",
            entry: "1.5",
          });
          await receiver.shows(sent, "zscore");
          assert.equal(await receiver.get("leg-y").inputValue(), "SOLUSDT");
          assert.equal(await receiver.control("model").inputValue(), "huber");
          assert.equal(await receiver.control("entry").inputValue(), "1.5");
          assert.equal(await receiver.choice("interval", "5m").getAttribute("aria-checked"), "true");
        });
      }));

    test("keeps the part of the scatter plot on screen", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.chart("scatter");
        const { x, y } = await dashboard.middle("scatter");
        await dashboard.page.mouse.click(x, y);
        await dashboard.page.mouse.wheel(0, -300);
        await dashboard.page.waitForURL((url) => url.searchParams.has("cloud"));
        const window = () =>
          dashboard.page.evaluate(() => {
            const { xaxis, yaxis } = document.querySelector('[data-chart="scatter"]')._fullLayout;
            return [...xaxis.range, ...yaxis.range].map((end) => end.toPrecision(8));
          });
        const before = await window();
        await dashboard.page.reload();
        await dashboard.chart("scatter");
        assert.deepEqual(await window(), before);
        await dashboard.middle("scatter").then(({ x, y }) => dashboard.page.mouse.dblclick(x, y));
        await dashboard.page.waitForURL((url) => !url.searchParams.has("cloud"));
      }));

    test("to a symbol that is not there says so and offers the others", () =>
      world.browser.visit({ query: "?y=NOSUCHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.page.getByText("There is no NOSUCHUSDT here").waitFor();
        await shoot(dashboard, "state-unknown-symbol");
        await dashboard.leg("y", "ETHUSDT");
        await dashboard.analysed({ y: "simulated:ETHUSDT" });
      }));

    test("to more bars than there are says how many it takes", () =>
      world.browser.visit(
        { query: "?y=ETHUSDT&x=BTCUSDT&interval=1d&lookback=10000", ignore: (text) => text.includes("422") },
        async (dashboard) => {
          await dashboard.get("notice").getByText("Too few bars").first().waitFor();
          assert.match(await dashboard.get("notice").textContent(), /\d/);
          const state = (name) => dashboard.page.locator(`[data-panel=${name}] [data-testid=chart-state]`);
          await dashboard.has(state("spread"), /Too few bars/);
          for (const leg of ["y-candles", "x-candles"]) {
            await dashboard.chart(leg);
            await state(leg).waitFor({ state: "detached" });
          }
          await shoot(dashboard, "state-too-few");
        },
      ));
  });
