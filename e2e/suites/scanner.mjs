import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

const scan = async (dashboard, { interval = "1m", bars = 300, lookback = 100, window = 20 } = {}) => {
  await dashboard.field("interval").fill(interval);
  await dashboard.field("limit").fill(String(bars));
  await dashboard.field("lookback").fill(String(lookback));
  await dashboard.field("window").fill(String(window));
  await dashboard.get("scan-run").click();
};

const done = async (dashboard) => {
  await dashboard.has(dashboard.get("scan-state"), /pairs? tested/);
  await dashboard.get("scan-row").first().waitFor();
};

const figures = async (dashboard, name) =>
  (await dashboard.page.locator(`[data-testid=scan-row] [data-figure=${name}]`).allTextContents()).map((text) =>
    Number(text.replace("−", "-").replace(/[<\s\u202f%]/g, "")),
  );

export default (world) =>
  describe("the scanner", () => {
    test("tests every pair of the feed's symbols and says what the server found", () =>
      world.browser.visit({ query: "?tab=scanner" }, async (dashboard) => {
        await dashboard.page.getByText("Nothing is scanned yet").waitFor();
        await dashboard.has(dashboard.get("scan-symbols").locator("summary"), /All \d+ symbols/);
        await scan(dashboard);
        await done(dashboard);
        const { scans } = await world.stack.get("/api/v1/scans");
        const [{ id, params, summary }] = scans;
        const count = params.symbols.length;
        assert.equal(summary.pairs + summary.failures, (count * (count - 1)) / 2);
        assert.deepEqual([params.interval, params.limit, params.lookback, params.window], ["1m", 300, 100, 20]);
        const { pairs } = await world.stack.get(`/api/v1/scans/${id}?limit=100`);
        const shown = await figures(dashboard, "pYOnX");
        assert.equal(shown.length, pairs.length);
        pairs.forEach(({ pYOnX }, at) => assert.ok(Math.abs(shown[at] - pYOnX) <= 0.0001, `${shown[at]} is ${pYOnX}`));
        assert.equal(dashboard.query.get("scan"), String(id));
      }));

    test("shows how far a scan is, and calls it off", () =>
      world.browser.visit({ query: "?tab=scanner" }, async (dashboard) => {
        await done(dashboard);
        const before = [];
        try {
          // One after the other: that of the page waits for these.
          for (let job = 0; job < 10; job += 1) before.push((await world.stack.send("POST", "/api/v1/scans", { interval: "1m", limit: 5000 })).scan.id);
          await scan(dashboard);
          await dashboard.has(dashboard.get("scan-state"), /Waits for its turn/);
          await dashboard.get("scan-progress").waitFor();
          const id = Number(dashboard.query.get("scan"));
          await dashboard.page.getByRole("button", { name: "Cancel" }).click();
          await dashboard.page.waitForURL((url) => !url.searchParams.has("scan"));
          const { scans } = await world.stack.get("/api/v1/scans");
          assert.ok(!scans.some((scan) => scan.id === id), "it is gone");
        } finally {
          for (const id of before) await world.stack.send("DELETE", `/api/v1/scans/${id}`);
        }
      }));

    test("sorts and filters as the link says, and saves what the filters let through", () =>
      world.browser.visit({ query: "?tab=scanner" }, async (dashboard) => {
        await done(dashboard);
        const all = await dashboard.get("scan-row").count();
        await dashboard.page.locator("[data-sort=correlation]").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("scanSort") === "-correlation");
        await dashboard.until(async () => {
          const sorted = await figures(dashboard, "correlation");
          return sorted.every((value, at) => at === 0 || sorted[at - 1] >= value);
        });
        await dashboard.field("filter").fill("eth");
        await dashboard.until(async () => (await dashboard.get("scan-row").count()) < all);
        await dashboard.page.reload();
        await dashboard.page.locator("th[aria-sort=descending] [data-sort=correlation]").waitFor();
        await done(dashboard);
        const names = await dashboard.page.locator("[data-testid=scan-row] th").allTextContents();
        assert.ok(names.length > 0 && names.every((name) => name.includes("ETH")), names.join());
        assert.equal(await dashboard.field("filter").inputValue(), "eth");
        const [file] = await Promise.all([dashboard.page.waitForEvent("download"), dashboard.get("scan-csv").click()]);
        assert.match(file.suggestedFilename(), /^scan_\d+_1m\.csv$/);
        const [header, ...lines] = (await readFile(await file.path())).toString().trim().split("\n");
        assert.match(header, /^y,x,ySource,xSource,pYOnX,/);
        assert.equal(lines.length, names.length);
        assert.ok(lines.every((line) => line.includes("ETH")));
      }));

    test("opens a pair with the bars, the interval and the transform that it was scanned with", () =>
      world.browser.visit({ query: "?tab=scanner" }, async (dashboard) => {
        await done(dashboard);
        const row = dashboard.get("scan-row").first();
        const name = await row.locator("th").textContent();
        await row.locator("[data-figure=q]").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("tab"));
        const { query } = dashboard;
        assert.deepEqual(
          ["interval", "limit", "transform", "fit", "lookback", "window"].map((key) => query.get(key)),
          ["1m", "300", "log", "walk_forward", "100", "20"],
        );
        assert.equal(`${query.get("y").split(":").at(-1)} / ${query.get("x").split(":").at(-1)}`, name);
        await dashboard.analysed({ transform: "log", limit: "300" });
        await dashboard.page.goBack();
        await done(dashboard);
      }));

    test("scans the symbols that are ticked, and refuses what is no scan at the field that is wrong", () =>
      world.browser.visit({ query: "?tab=scanner", ignore: (text) => /status of 4\d\d/.test(text) }, async (dashboard) => {
        await done(dashboard);
        await scan(dashboard, { bars: 7 });
        await dashboard.page.locator("label", { hasText: "Bars" }).locator(".complaint").waitFor();
        await dashboard.field("limit").fill("many");
        await dashboard.get("scan-run").click();
        await dashboard.page.locator(".complaint", { hasText: "whole number" }).waitFor();
        const symbols = dashboard.get("scan-symbols");
        await symbols.locator("summary").click();
        await dashboard.get("symbols-none").click();
        for (const symbol of ["BTCUSDT", "ETHUSDT"]) await symbols.locator(`[data-symbol=${symbol}]`).check();
        await dashboard.has(symbols.locator("summary"), /^2 of/);
        await symbols.locator("summary").click();
        await scan(dashboard, { bars: 200 });
        await dashboard.has(dashboard.get("scan-state"), /^1 pair tested/);
        await dashboard.until(async () => (await dashboard.get("scan-row").count()) === 1);
        const gone = dashboard.query.get("scan");
        await dashboard.get("scan-delete").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("scan"));
        await dashboard.until(async () => (await world.stack.get("/api/v1/scans")).scans.every(({ id }) => id !== Number(gone)));
        await dashboard.until(async () => (await dashboard.get("scan-row").count()) > 1);
        // A link to it says so.
        await dashboard.page.goto(`${world.stack.url}/?tab=scanner&scan=${gone}`);
        await dashboard.page.getByText(`Scan #${gone} is not there any more`).waitFor();
        await dashboard.get("scan-newest").click();
        await done(dashboard);
      }));
  });
