import assert from "node:assert/strict";
import { describe, test } from "node:test";

const PAIR = "y=ETHUSDT&x=BTCUSDT&interval=1m&limit=600&lookback=100&window=30&entry=1.5&exit=0.3";
const LINK = `?tab=backtest&${PAIR}`;
// More combinations than are done by the time that a person has looked at them.
const LONG = {
  backtest: { y: "ETHUSDT", x: "BTCUSDT", interval: "1m", limit: 5000, lookback: 100 },
  windows: Array.from({ length: 50 }, (_, at) => 20 + at),
  entries: Array.from({ length: 40 }, (_, at) => 1 + at / 20),
  exits: [0],
};

const isRefusal = (text) => /status of 4\d\d/.test(text);
const number = (text) => Number(text.replace(/[^\d.,−+-]/g, "").replace("−", "-"));
const lines = (content) => content.toString().trim().split("\n");

// Waits until what is on screen answers a question with these parameters.
const traded = async (dashboard, parts = {}) => {
  await dashboard.chart("backtest");
  const wanted = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  await dashboard.page.waitForFunction((wanted) => {
    const revision = document.querySelector('[data-chart="backtest"]')?._fullLayout?.uirevision ?? "";
    const query = revision.split(" ")[0].split("&");
    return wanted.every((part) => query.includes(part));
  }, wanted);
};

export default (world) =>
  describe("the backtest", () => {
    test("shows the server's equity, trades and costs", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await traded(dashboard);
        // A backtest walks forward, and knows no correlation.
        for (const field of ["fit", "correlationOf"]) assert.equal(await dashboard.control(field).count(), 0, field);
        const { chart, rows, net, fees } = await dashboard.page.evaluate(() => {
          const text = (id) => document.querySelector(`[data-testid=${id}]`).textContent;
          return {
            chart: document.querySelector('[data-chart="backtest"]').data.map((trace) => [...trace.y].length),
            rows: document.querySelectorAll("[data-testid=trade]").length,
            net: text("backtest-net"),
            fees: text("backtest-fees"),
          };
        });
        const href = await dashboard.get("trades-csv").getAttribute("href");
        const { name, content } = await dashboard.download(dashboard.get("trades-csv"));
        assert.match(name, /ETHUSDT_BTCUSDT_1m_backtest_trades\.csv$/);
        const [header, ...trades] = lines(content);
        assert.ok(header.endsWith(",net"));
        assert.ok(rows > 3, `${rows} trades`);
        const columns = header.split(",");
        const sum = (column) =>
          trades.reduce((total, line) => total + Number(line.split(",")[columns.indexOf(column)]), 0);
        // The feed has gone on by a bar at most since the page asked.
        const answer = await world.stack.get(href.replace("&format=csv&table=trades", ""));
        assert.ok(Math.abs(sum("net") - answer.summary.net) < 0.01, "the table is what the figures are of");
        assert.ok(Math.abs(trades.length - rows) <= 1);
        assert.ok(Number.isFinite(number(net)) && number(fees) > 0);
        // Equity, drawdown, z, entries both ways, exits.
        assert.equal(chart.length, 6);
        assert.ok(chart[0] > 500 && chart[3] + chart[4] >= rows - 1 && chart[5] >= rows - 1, chart.join());
        const series = lines((await dashboard.download(dashboard.panel("backtest").locator("[data-testid=csv]"))).content);
        assert.equal(series[0], "time,z,beta,equity,drawdown,position");
        assert.equal(series.length, 601);
      }));

    test("costs more with higher fees, and all of it is in the link", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await traded(dashboard, { feeBps: 5 });
        const fees = async () => number(await dashboard.get("backtest-fees").textContent());
        const before = await fees();
        await dashboard.type("feeBps", 20);
        await traded(dashboard, { feeBps: 20 });
        assert.ok((await fees()) > 3 * before, `${await fees()} after ${before}`);
        await dashboard.type("stop", 4);
        await dashboard.type("timeStop", 30);
        await dashboard.choice("sizing", "Dollar").click();
        await traded(dashboard, { sizing: "dollar_neutral", timeStop: 30 });
        await dashboard.type("split", 60);
        const parts = { feeBps: 20, stop: 4, timeStop: 30, sizing: "dollar_neutral", split: 0.6 };
        await traded(dashboard, parts);
        for (const [name, value] of Object.entries(parts)) assert.equal(dashboard.query.get(name), String(value));
        await dashboard.has(dashboard.get("backtest-figures"), /Trading.*Formation/s);
        const link = new URL(dashboard.page.url()).search;
        await world.browser.visit({ query: link }, async (other) => {
          await traded(other, parts);
          assert.equal(await other.get("backtest-figures").textContent().then((text) => /Formation/.test(text)), true);
        });
        await dashboard.page.goBack();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("split"));
        await traded(dashboard, { sizing: "dollar_neutral" });
      }));

    test("counts what the exchange says that was paid for holding", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        const path = `/api/v1/pairs/backtest?${PAIR}&funding=exchange`;
        // Rates of the past come in the first minutes.
        await world.stack.answers(path);
        await traded(dashboard, { funding: "given" });
        assert.equal(number(await dashboard.get("backtest-funding").textContent()), 0);
        await dashboard.choice("funding", "Exchange").click();
        await traded(dashboard, { funding: "exchange" });
        assert.equal(dashboard.query.get("funding"), "exchange");
        assert.equal(await dashboard.control("fundingBps8h").count(), 0);
        const { params, summary } = await world.stack.get(path);
        assert.deepEqual([params.funding, params.yFundingBps8h], ["exchange", 0]);
        const shown = number(await dashboard.get("backtest-funding").textContent());
        assert.ok(Math.abs(shown - summary.funding) < 0.5, `${shown} is ${summary.funding}`);
      }));

    test("zooms to a trade, keeps the zoom in the link, and a double click resets it", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await traded(dashboard);
        const whole = await dashboard.range("backtest");
        await dashboard.get("trade").first().getByRole("button").press("Enter");
        await dashboard.page.waitForURL((url) => url.searchParams.has("from"));
        await dashboard.until(async () => {
          const [from, to] = await dashboard.range("backtest");
          return to - from < (whole[1] - whole[0]) / 2;
        });
        await dashboard.page.reload();
        await traded(dashboard);
        const [from, to] = await dashboard.range("backtest");
        assert.ok(to - from < (whole[1] - whole[0]) / 2);
        const { x, y } = await dashboard.middle("backtest");
        await dashboard.page.mouse.dblclick(x, y);
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("is moved by keys, and leaves the wheel to the page until it is clicked", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await traded(dashboard);
        const top = () => dashboard.page.locator(".charts").evaluate((element) => element.scrollTop);
        const before = await top();
        const { x, y } = await dashboard.middle("backtest");
        await dashboard.page.mouse.move(x, y);
        await dashboard.page.mouse.wheel(0, 200);
        await dashboard.until(async () => (await top()) !== before);
        assert.ok(!dashboard.query.has("from"));
        await dashboard.plot("backtest").focus();
        await dashboard.page.keyboard.press("+");
        await dashboard.page.waitForURL((url) => url.searchParams.has("from"));
        const zoomed = Number(dashboard.query.get("from"));
        await dashboard.page.keyboard.press("ArrowLeft");
        await dashboard.page.waitForURL((url) => Number(url.searchParams.get("from")) < zoomed);
        await dashboard.page.keyboard.press("0");
        await dashboard.page.waitForURL((url) => !url.searchParams.has("from"));
      }));

    test("says that a series is not there", () =>
      world.browser.visit({ query: "?tab=backtest&y=NOSUCHUSDT&x=BTCUSDT" }, async (dashboard) => {
        await dashboard.has(dashboard.get("backtest-refusal"), /no series NOSUCHUSDT/);
      }));

    test("shows how far a sweep is, and calls it off", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await traded(dashboard);
        const before = [];
        try {
          // One after the other: that of the page waits for these.
          for (let job = 0; job < 8; job += 1) before.push((await world.stack.send("POST", "/api/v1/sweeps", LONG)).sweep.id);
          await dashboard.get("sweep-run").click();
          await dashboard.has(dashboard.get("sweep-progress"), /Waits for its turn/);
          const id = Number(dashboard.query.get("sweep"));
          await dashboard.get("sweep-cancel").click();
          await dashboard.page.waitForURL((url) => !url.searchParams.has("sweep"));
          assert.equal(await dashboard.get("sweep-progress").count(), 0);
          const { sweeps } = await world.stack.get("/api/v1/sweeps");
          assert.ok(!sweeps.some((sweep) => sweep.id === id), "it is gone");
          // One of the others, by its link, while it goes on.
          await dashboard.page.goto(`${world.stack.url}/${LINK}&sweep=${before.at(-1)}`);
          await dashboard.has(dashboard.get("sweep-progress"), /Waits for its turn|of 2\D?000 combinations/);
        } finally {
          for (const id of before) await world.stack.send("DELETE", `/api/v1/sweeps/${id}`);
        }
      }));

    test("sweeps over a grid in colours, takes a combination over, and keeps the sweep in the link", () =>
      world.browser.visit({ query: LINK, ignore: isRefusal }, async (dashboard) => {
        await traded(dashboard);
        await dashboard.field("windows").fill("20, x");
        await dashboard.get("sweep-run").click();
        await dashboard.page.locator(".complaint", { hasText: "separated by commas" }).waitFor();
        await dashboard.field("windows").fill("2");
        await dashboard.get("sweep-run").click();
        await dashboard.page.locator(".complaint", { hasText: "3 to 10000" }).waitFor();
        await dashboard.field("windows").fill("20, 30, 45");
        await dashboard.field("entries").fill("1, 1.5, 2");
        await dashboard.field("exits").fill("0, 0.5, 1");
        await dashboard.get("sweep-run").click();
        await dashboard.has(dashboard.get("sweep-chosen"), /^Chosen of 24 by the formation part/);
        const id = dashboard.query.get("sweep");
        const { sweep } = await world.stack.get(`/api/v1/sweeps/${id}`);
        assert.equal(sweep.state, "done");
        // An exit of 1 leaves no room for an entry of 1.
        assert.equal(await dashboard.get("sweep-cell").count(), 24);
        const { cells, chosen } = sweep.result;
        const told = await dashboard.get("sweep-chosen").textContent();
        assert.ok(told.includes(`window ${cells.window[chosen]}, entry ${cells.entry[chosen]}, exit ${cells.exit[chosen]}.`), told);
        const colours = await dashboard.page.locator(".sweep td").evaluateAll((all) => all.map((td) => getComputedStyle(td).backgroundColor));
        assert.ok(new Set(colours).size > 5, "the grid is coloured");
        const lines = (await dashboard.download(dashboard.get("sweep-csv"))).content.toString().trim().split("\n");
        assert.equal(lines.length, 25);
        await dashboard.page.locator(".sweep td.chosen button").click();
        await traded(dashboard, { window: cells.window[chosen] });
        assert.equal(dashboard.query.get("window"), String(cells.window[chosen]));
        // What it was chosen by is no proof of it.
        assert.equal(dashboard.query.get("split"), String(sweep.result.params.split));
        await dashboard.has(dashboard.get("backtest-figures"), /Trading.*Formation/s);
        await dashboard.page.reload();
        await dashboard.has(dashboard.get("sweep-chosen"), /^Chosen of 24/);
        await dashboard.has(dashboard.get("sweep-of"), /^ETHUSDT \/ BTCUSDT · 1m/);
        await dashboard.get("sweep-close").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("sweep"));
        assert.equal(await dashboard.get("sweep-chosen").count(), 0);
        await dashboard.page.goBack();
        await dashboard.has(dashboard.get("sweep-chosen"), /^Chosen of 24/);
      }));

    test("says why there is none", () =>
      world.browser.visit({ query: `${LINK}&stop=1`, ignore: isRefusal }, async (dashboard) => {
        await dashboard.has(dashboard.get("backtest-refusal"), /stop.*not above entry/s);
        await dashboard.type("stop", 0);
        await traded(dashboard);
        assert.equal(await dashboard.get("backtest-refusal").count(), 0);
      }));
  });
