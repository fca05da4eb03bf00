import assert from "node:assert/strict";
import { describe, test } from "node:test";

export default (world) =>
  describe("a link", () => {
    test("reproduces symbol, interval and range", () =>
      world.browser.visit({}, async (sender) => {
        await sender.chart();
        await sender.tile("SOLUSDT").click();
        await sender.interval("5m").click();
        await sender.chart("SOLUSDT:5m");
        await sender.drag(0.2);
        const sent = await sender.range();
        await world.browser.visit({ query: new URL(sender.page.url()).search }, async (receiver) => {
          await receiver.chart("SOLUSDT:5m");
          const received = await receiver.range();
          assert.ok(Math.abs(received[0] - sent[0]) < 1 && Math.abs(received[1] - sent[1]) < 1, `${received} is ${sent}`);
          assert.equal(await receiver.get("symbol").inputValue(), "SOLUSDT");
          assert.equal(await receiver.interval("5m").getAttribute("aria-checked"), "true");
        });
      }));

    test("to times long past reads the bars up to there", () => {
      const to = Date.now() - 30 * 3_600_000;
      const from = to - 2 * 3_600_000;
      return world.browser.visit({ query: `?symbol=BTCUSDT&interval=1m&from=${from}&to=${to}` }, async (dashboard) => {
        await dashboard.chart();
        const [left, right] = await dashboard.range();
        assert.deepEqual([left, right], [from, to]);
      });
    });

    test("to a symbol that is not there says so and offers the others", () =>
      world.browser.visit({ query: "?symbol=NOSUCHUSDT" }, async (dashboard) => {
        await dashboard.page.getByText("There is no NOSUCHUSDT here").waitFor();
        await dashboard.tile("BTCUSDT").click();
        await dashboard.chart();
      }));
  });
