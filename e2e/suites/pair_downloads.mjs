import assert from "node:assert/strict";
import { describe, test } from "node:test";

const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=300&lookback=100";
const SERIES = ["spread", "zscore", "normalised", "correlation"];
const CHARTS = [...SERIES, "y-candles", "x-candles", "stability", "scatter"];

const lines = (content) => content.toString().trim().split("\n");

export default (world) =>
  describe("a download", () => {
    test("of a series is the server's, of every bar", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.analysed();
        for (const name of SERIES) {
          const { name: file, content } = await dashboard.download(dashboard.panel(name).locator("[data-testid=csv]"));
          assert.match(file, /ETHUSDT.*BTCUSDT.*1m.*\.csv$/);
          const [header, ...rows] = lines(content);
          assert.match(header, /^time,y,x,/);
          assert.ok(rows.length >= 300, `${rows.length} rows`);
          assert.match(rows[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
        }
      }));

    test("of candles has exactly the server's numbers", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.chart("y-candles");
        const { name, content } = await dashboard.download(dashboard.panel("y-candles").locator("[data-testid=csv]"));
        assert.equal(name, "ETHUSDT-BTCUSDT-1m-y-candles.csv");
        const [header, ...rows] = lines(content);
        assert.equal(header, "time,open,high,low,close,volume,quote_volume,buy_volume,trades,closed,complete,origin");
        const { bars } = await world.stack.get("/api/v1/bars?symbol=ETHUSDT&interval=1m&limit=1000");
        const closed = rows.map((line) => line.split(",")).filter((cells) => cells[9] === "true");
        assert.ok(closed.length > 200);
        for (const [time, open, high, low, close] of closed) {
          const at = bars.time.indexOf(Date.parse(time));
          const prices = [bars.open[at], bars.high[at], bars.low[at], bars.close[at]];
          assert.deepEqual([open, high, low, close].map(Number), prices, time);
        }
      }));

    test("of stability, lines and statistics has what is on screen", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.chart("stability");
        const csv = async (name) => lines((await dashboard.download(dashboard.panel(name).locator("[data-testid=csv]"))).content);
        const stability = await csv("stability");
        assert.equal(stability[0], "time,beta,beta_se,p_value");
        assert.ok(stability.length > 5);
        const models = await csv("scatter");
        assert.deepEqual(models.map((line) => line.split(",")[0]), ["model", "ols", "huber", "theil_sen", "kalman"]);
        const statistics = await csv("statistics");
        assert.equal(statistics[0], "figure,value");
        // Numbers with all their digits, not as they are rounded for the eye.
        const figures = Object.fromEntries(statistics.map((line) => line.split(",")));
        const { tests } = await world.stack.get(
          "/api/v1/pairs/analytics?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=300&lookback=100",
        );
        assert.equal(figures["fit.model"], "ols");
        assert.equal(Number(figures["tests.observations"]), tests.observations);
        for (const figure of ["fit.beta", "tests.engleGrangerYx.pValue", "tests.johansen.traceCritical.0.1", "tests.halfLife.lambda"]) {
          assert.match(figures[figure], /^-?\d/, figure);
        }
        assert.match(figures["fit.toTime"], /^\d{4}-\d\d-\d\dT/);
      }));

    test("of every chart is a picture of its size", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        for (const chart of CHARTS) {
          await dashboard.chart(chart);
          const { name, content } = await dashboard.download(dashboard.panel(chart).locator("[data-testid=png]"));
          assert.equal(name, `ETHUSDT-BTCUSDT-1m-${chart}.png`);
          assert.equal(content.subarray(1, 4).toString(), "PNG");
          const { width } = await dashboard.plot(chart).boundingBox();
          const pixels = content.readUInt32BE(16);
          assert.ok(Math.abs(pixels - 2 * width) <= 2, `two pixels for each of the screen's ${width}`);
        }
      }));
  });
