import assert from "node:assert/strict";
import { describe, test } from "node:test";

// What a browser does when another tab is brought to the front.
const show = (dashboard, isVisible) =>
  dashboard.page.evaluate((isVisible) => {
    const state = isVisible ? "visible" : "hidden";
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !isVisible });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isVisible);

const isPairStream = (request) => request.url().includes("/api/v1/stream") && decodeURIComponent(request.url()).includes("pair:");

export default (world) =>
  describe("a page that nobody sees", () => {
    test("closes the stream of its pair, and goes on where it was when it is seen again", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.redrawn();
        const closed = dashboard.page.waitForEvent("requestfailed", isPairStream);
        await show(dashboard, false);
        await closed;
        const opened = dashboard.page.waitForRequest(isPairStream);
        await show(dashboard, true);
        await opened;
        await dashboard.redrawn();
        assert.equal(await dashboard.get("banner").count(), 0, "nothing was lost");
      }));
  });
