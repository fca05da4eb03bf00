import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m";

export default (world) =>
  describe("a page that has no numbers yet, or old ones,", () => {
    test("says that it is reading", () =>
      world.browser.visit({ query: "?tab=alerts" }, async (dashboard) => {
        let release;
        const held = new Promise((resolve) => (release = resolve));
        await dashboard.page.route("**/pairs/analytics?**", async (route) => {
          await held;
          await route.continue();
        });
        // The stream would bring the same figures.
        await dashboard.page.route("**/api/v1/stream?**pair**", async (route) => {
          await held;
          await route.continue();
        });
        await dashboard.page.goto(new URL(LINK, dashboard.page.url()).href);
        await dashboard.has(dashboard.get("chart-state").first(), /Reading/);
        assert.equal(await dashboard.figure("z"), "–");
        await shoot(dashboard, "state-reading");
        release();
        await dashboard.analysed();
        assert.equal(await dashboard.get("chart-state").count(), 0);
      }));

    test("says why the server refuses, and tries again where it was away", () =>
      world.browser.visit({ query: "?tab=alerts", ignore: (text) => /status of 50\d|net::ERR_FAILED/.test(text) }, async (dashboard) => {
        await dashboard.page.route("**/stream?**pair**", (route) => route.abort());
        await dashboard.page.route("**/pairs/analytics?**", (route) =>
          route.fulfill({ status: 500, contentType: "application/problem+json", body: '{"type":"about:blank","title":"Broken","status":500,"detail":"It is broken."}' }),
        );
        await dashboard.page.goto(new URL(LINK, dashboard.page.url()).href);
        await dashboard.has(dashboard.get("notice"), /could not be read/);
        await shoot(dashboard, "state-error");
        await dashboard.page.unroute("**/pairs/analytics?**");
        await dashboard.page.unroute("**/stream?**pair**");
        await dashboard.analysed();
        assert.equal(await dashboard.get("notice").count(), 0);
      }));

    test("shows a number that has grown old as one", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.page.locator("[data-testid=tile-y]:not(.stale)").waitFor();
        await world.stack.fault({ kind: "silent", symbol: "ETHUSDT", duration_ms: 20_000 });
        await dashboard.page.locator("[data-testid=tile-y].stale").waitFor();
        assert.equal(await dashboard.page.locator("[data-testid=tile-x].stale").count(), 0, "the other leg goes on");
        const weight = (name) => dashboard.tile(name).locator("[data-testid=value]").evaluate((value) => getComputedStyle(value).fontWeight);
        assert.ok((await weight("y")) < (await weight("x")));
        await shoot(dashboard, "state-stale");
        await dashboard.page.locator("[data-testid=tile-y]:not(.stale)").waitFor();
      }));
  });
