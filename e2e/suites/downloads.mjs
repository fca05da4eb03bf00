import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

const download = async (dashboard, button) => {
  const [file] = await Promise.all([dashboard.page.waitForEvent("download"), dashboard.get(button).click()]);
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
};

export default (world) =>
  describe("a download", () => {
    test("of the bars on screen has exactly the server's numbers", () =>
      world.browser.visit({ query: "?symbol=BTCUSDT&interval=5m" }, async (dashboard) => {
        await dashboard.chart();
        const { name, content } = await download(dashboard, "csv");
        assert.equal(name, "BTCUSDT-simulated-5m.csv");
        const [header, ...lines] = content.toString().trim().split("\n");
        assert.equal(header, "time,open,high,low,close,volume,quote_volume,buy_volume,trades,closed,complete,origin");
        const { bars } = await world.stack.get("/api/v1/bars?symbol=BTCUSDT&interval=5m&limit=1000");
        const closed = lines.map((line) => line.split(",")).filter((cells) => cells[9] === "true");
        assert.ok(closed.length > 20);
        for (const [time, open, high, low, close, volume] of closed) {
          const at = bars.time.indexOf(Date.parse(time));
          assert.ok(at >= 0, time);
          const prices = [bars.open[at], bars.high[at], bars.low[at], bars.close[at]];
          assert.deepEqual([open, high, low, close].map(Number), prices, time);
          // The server may have summed up the same trades in another order meanwhile.
          assert.ok(Math.abs(volume / bars.volume[at] - 1) < 1e-12, `${time}: ${volume} is ${bars.volume[at]}`);
        }
      }));

    test("of the chart is a picture of its size", () =>
      world.browser.visit({ query: "?symbol=BTCUSDT" }, async (dashboard) => {
        await dashboard.chart();
        const { name, content } = await download(dashboard, "png");
        assert.equal(name, "BTCUSDT-simulated-1m.png");
        assert.equal(content.subarray(1, 4).toString(), "PNG");
        const { width } = await dashboard.get("plot").boundingBox();
        assert.equal(content.readUInt32BE(16), Math.floor(width) * 2, "two pixels for each of the screen's");
      }));
  });
