import assert from "node:assert/strict";
import { describe, test } from "node:test";

// A browser opens six connections to one origin; four of them may be streams.
const MOST_STREAMS = 4;

// Waits until a figure of the page changes: ages do without news.
const moves = async (page) => {
  const figures = () =>
    [...document.querySelectorAll("[data-figure=z], [data-testid=tile-y] [data-testid=value]")].map(({ textContent }) => textContent).join();
  const before = await page.page.evaluate(figures);
  await page.until(async () => (await page.page.evaluate(figures)) !== before);
};

export default (world) =>
  describe("the pages of one browser", () => {
    const eight = [
      ["watchlists", "?tab=watchlist", (page) => page.has(page.page.locator("[data-figure=z]").first(), /\d/)],
      ["pairs", "?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=300&lookback=100", (page) => page.has(page.tile("z").locator("[data-testid=value]"), /\d/)],
    ];
    for (const [what, query, isThere] of eight) {
      test(`are eight ${what} and all of them live, on fewer connections than a browser has`, () =>
        world.browser.visitAll({ query }, 8, async (pages) => {
          for (const page of pages) await isThere(page);
          let most = 0;
          for (let round = 0; round < 2; round += 1) {
            await Promise.all(pages.map(moves));
            most = Math.max(most, await world.stack.metric("api_streams"));
          }
          assert.ok(most >= 1 && most <= MOST_STREAMS, `${most} streams`);
          for (const page of pages) {
            assert.equal(await page.get("banner").count(), 0);
            // Requests find a connection, too.
            const answer = await page.page.evaluate(() => fetch("/api/v1/status").then((response) => response.status));
            assert.equal(answer, 200);
          }
        }));
    }

    test("close their stream while nobody sees them and go on where they were", () =>
      world.browser.visitAll({ query: "?tab=watchlist" }, 2, async (pages) => {
        for (const page of pages) await page.has(page.page.locator("[data-figure=z]").first(), /\d/);
        await pages[0].until(async () => (await world.stack.metric("api_streams")) === 2);
        // The page that follows the alerts for all keeps a stream for them, the other one none.
        const see = (page, state) =>
          page.page.evaluate((state) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
          }, state);
        for (const page of pages) await see(page, "hidden");
        await pages[0].until(async () => (await world.stack.metric("api_streams")) === 1);
        for (const page of pages) await see(page, "visible");
        await pages[0].until(async () => (await world.stack.metric("api_streams")) === 2);
        await Promise.all(pages.map(moves));
      }));
  });
