import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

const follow = async (dashboard, y, x, interval = "1m") => {
  await dashboard.field("y").fill(y);
  await dashboard.field("x").fill(x);
  await dashboard.field("interval").selectOption(interval);
  await dashboard.get("watch-add").click();
};

const empty = async (world) => {
  const { revision } = await world.stack.get("/api/v1/watchlist");
  await world.stack.send("PUT", "/api/v1/watchlist", { revision, pairs: [] });
};

const row = (dashboard, pair) => dashboard.page.locator(`[data-testid=watch-row][data-pair="${pair}"]`);

export default (world) =>
  describe("the watchlist", () => {
    test("takes pairs by the form and shows figures that move, the same as the server's", async () => {
      await empty(world);
      await world.browser.visit({ query: "?tab=watchlist" }, async (dashboard) => {
        await dashboard.page.getByText("No pair is followed yet").waitFor();
        await follow(dashboard, "ETHUSDT", "BTCUSDT");
        const first = row(dashboard, "ETHUSDT / BTCUSDT");
        await first.waitFor();
        await follow(dashboard, "SOLUSDT", "ETHUSDT", "5m");
        await row(dashboard, "SOLUSDT / ETHUSDT").waitFor();
        await dashboard.has(first.locator("[data-figure=z]"), /[\d]/);
        await dashboard.changed(first.locator("[data-figure=z]"));
        const { rows } = await world.stack.get("/api/v1/watchlist");
        assert.deepEqual(
          rows.map(({ params }) => `${params.y} ${params.x} ${params.interval}`),
          ["simulated:ETHUSDT simulated:BTCUSDT 1m", "simulated:SOLUSDT simulated:ETHUSDT 5m"],
        );
        // p is of closed bars alone: it stands still while the others move.
        const shown = await first.locator("[data-figure=p]").textContent();
        assert.equal(Number(shown).toFixed(4), rows[0].figures.pValue.toFixed(4));
        assert.match(await first.locator("[data-figure=age]").textContent(), /^\d+\D?s$/);
      });
    });

    test("refuses what is no pair at the field that is wrong, and keeps the list", () =>
      world.browser.visit({ query: "?tab=watchlist", ignore: (text) => /status of 4\d\d/.test(text) }, async (dashboard) => {
        await dashboard.get("watch-row").first().waitFor();
        const before = await dashboard.get("watch-row").count();
        await follow(dashboard, "ETHUSDT", "NOSUCHUSDT");
        await dashboard.page.locator(".complaint", { hasText: "NOSUCHUSDT" }).first().waitFor();
        assert.equal(await dashboard.get("watch-row").count(), before);
      }));

    test("is sorted by a click on a heading, which the link remembers", () =>
      world.browser.visit({ query: "?tab=watchlist" }, async (dashboard) => {
        await dashboard.has(dashboard.get("watch-row").nth(1).locator("[data-figure=correlation]"), /\d/);
        const figures = async () =>
          (await dashboard.page.locator("[data-figure=correlation]").allTextContents()).map((text) => Number(text.replace("−", "-")));
        await dashboard.page.locator("[data-sort=correlation]").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("sort") === "-correlation");
        let [first, second] = await figures();
        assert.ok(first >= second, `${first} before ${second}`);
        await dashboard.page.locator("[data-sort=correlation]").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("sort") === "correlation");
        await dashboard.page.reload();
        await dashboard.page.locator("th[aria-sort=ascending] [data-sort=correlation]").waitFor();
        await dashboard.has(dashboard.get("watch-row").nth(1).locator("[data-figure=correlation]"), /\d/);
        [first, second] = await figures();
        assert.ok(first <= second, `${first} before ${second}`);
      }));

    test("saves what it shows, opens a pair with its parameters, and lets one go", () =>
      world.browser.visit({ query: "?tab=watchlist" }, async (dashboard) => {
        await dashboard.has(dashboard.get("watch-row").nth(1).locator("[data-figure=z]"), /\d/);
        const [file] = await Promise.all([dashboard.page.waitForEvent("download"), dashboard.get("watch-csv").click()]);
        assert.equal(file.suggestedFilename(), "watchlist.csv");
        const [header, ...lines] = (await readFile(await file.path())).toString().trim().split("\n");
        assert.match(header, /^y,x,interval,model,/);
        assert.deepEqual(
          lines.map((line) => line.split(",").slice(0, 3).join()),
          ["simulated:ETHUSDT,simulated:BTCUSDT,1m", "simulated:SOLUSDT,simulated:ETHUSDT,5m"],
        );
        await row(dashboard, "SOLUSDT / ETHUSDT").locator("[data-figure=z]").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("tab") && url.searchParams.get("interval") === "5m");
        assert.match(dashboard.query.get("y"), /SOLUSDT$/);
        assert.match(dashboard.query.get("x"), /ETHUSDT$/);
        await dashboard.page.goBack();
        await row(dashboard, "SOLUSDT / ETHUSDT").locator("[data-testid=watch-remove]").click();
        await row(dashboard, "SOLUSDT / ETHUSDT").waitFor({ state: "detached" });
        const { rows } = await world.stack.get("/api/v1/watchlist");
        assert.equal(rows.length, 1);
      }));

    test("takes the pair on screen with its parameters by one click", () =>
      world.browser.visit({ query: "?y=SOLUSDT&x=BTCUSDT&interval=5m&model=huber&lookback=200&window=30" }, async (dashboard) => {
        await dashboard.analysed({ model: "huber" });
        await dashboard.get("follow").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("tab") === "watchlist");
        await row(dashboard, "SOLUSDT / BTCUSDT").waitFor();
        const { rows, revision } = await world.stack.get("/api/v1/watchlist");
        const { params } = rows.at(-1);
        assert.deepEqual(
          [params.y, params.x, params.interval, params.model, params.lookback, params.window],
          ["simulated:SOLUSDT", "simulated:BTCUSDT", "5m", "huber", 200, 30],
        );
        await row(dashboard, "SOLUSDT / BTCUSDT").locator("[data-testid=watch-remove]").click();
        await row(dashboard, "SOLUSDT / BTCUSDT").waitFor({ state: "detached" });
        assert.ok((await world.stack.get("/api/v1/watchlist")).revision > revision);
      }));

    test("of another window changes here, too", () =>
      world.browser.visit({ query: "?tab=watchlist" }, async (dashboard) => {
        await row(dashboard, "ETHUSDT / BTCUSDT").waitFor();
        const { revision, rows } = await world.stack.get("/api/v1/watchlist");
        const pairs = rows.map(({ params: { y, x } }) => ({ y, x }));
        await world.stack.send("PUT", "/api/v1/watchlist", {
          revision,
          pairs: [...pairs, { y: "SOLUSDT", x: "BTCUSDT" }, { y: "SOLUSDT", x: "ETHUSDT", model: "kalman" }],
        });
        await row(dashboard, "SOLUSDT / BTCUSDT").waitFor();
        await dashboard.has(row(dashboard, "SOLUSDT / ETHUSDT").locator("[data-figure=beta]"), /\d/);
      }));
  });
