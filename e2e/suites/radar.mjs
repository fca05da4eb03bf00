import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

const number = (text) => Number(text.replace("−", "-").replace(/[<\s\u202f]/g, ""));

// After the scanner's suite: there is a scan to go by.
export default (world) =>
  describe("the radar", () => {
    test("follows every pair and shows those that the newest scan found, the strongest first", () =>
      world.browser.visit({ query: "?tab=radar" }, async (dashboard) => {
        const { symbols } = await world.stack.get("/api/v1/symbols");
        const pairs = (symbols.length * (symbols.length - 1)) / 2;
        await dashboard.has(dashboard.get("radar-count"), new RegExp(`^${pairs} pairs of ${symbols.length} symbols followed`));
        const { scans } = await world.stack.get("/api/v1/scans");
        const newest = scans.find(({ state, params }) => state === "done" && params.symbols.every(({ source }) => source === "live"));
        await dashboard.has(dashboard.get("radar-basis"), new RegExp(`scan #${newest.id} of`));
        await dashboard.has(dashboard.get("radar-count"), new RegExp(`${newest.summary.discoveries} cointegrated`));
        // The simulated market has pairs that keep together.
        assert.ok(newest.summary.discoveries > 0);
        await dashboard.get("radar-row").first().waitFor();
        const zs = (await dashboard.page.locator("[data-testid=radar-row] [data-figure=z]").allTextContents()).map(number);
        assert.ok(zs.every((z, at) => at === 0 || Math.abs(zs[at - 1]) >= Math.abs(z)), zs.join());
        await dashboard.changed(dashboard.get("radar-row").first().locator("[data-figure=z]"));
        const [file] = await Promise.all([dashboard.page.waitForEvent("download"), dashboard.get("radar-csv").click()]);
        const [header] = (await readFile(await file.path())).toString().split("\n");
        assert.match(header, /^y,x,interval,time,closed,z,/);
        await dashboard.get("radar-row").first().locator("[data-figure=z]").click();
        await dashboard.page.waitForURL((url) => !url.searchParams.has("tab"));
        assert.equal(dashboard.query.get("transform"), "log");
        assert.equal(dashboard.query.get("interval"), newest.params.interval);
      }));
  });
