import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { faintTexts, seriousViolations, shoot } from "../support/looks.mjs";

const TABS = ["pair", "watchlist", "scanner", "radar", "backtest", "alerts", "data"];
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

export default (world) =>
  describe("the tabs", () => {
    test("are links that say where one is, and Back returns", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.settled();
        for (const tab of ["watchlist", "alerts", "data"]) {
          await dashboard.tab(tab).click();
          await dashboard.page.waitForURL((url) => url.searchParams.get("tab") === tab);
          assert.equal(await dashboard.tab(tab).getAttribute("aria-current"), "page");
        }
        await dashboard.page.goBack();
        await dashboard.page.locator("[data-tab=alerts][aria-current=page]").waitFor();
        await dashboard.page.reload();
        await dashboard.page.locator("[data-tab=alerts][aria-current=page]").waitFor();
      }));

    test("are reached and left by the keyboard alone", () =>
      world.browser.visit({}, async (dashboard) => {
        await dashboard.settled();
        const focusOn = async (selector) => {
          for (let step = 0; step < 40; step += 1) {
            await dashboard.page.keyboard.press("Tab");
            if (await dashboard.page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
          }
          assert.fail(`Tab never reaches ${selector}`);
        };
        await focusOn("[data-tab=watchlist]");
        await dashboard.page.keyboard.press("Enter");
        await dashboard.get("watchlist").waitFor();
        await focusOn("[data-field=y]");
        await dashboard.page.keyboard.type("nosuch");
        await focusOn("[data-testid=watch-add]");
        await dashboard.page.keyboard.press("Enter");
        await dashboard.page.locator("#complaint-x").waitFor();
        // What is wrong belongs to its field, for those who hear the page.
        const described = await dashboard.page.locator("[data-field=x]").getAttribute("aria-describedby");
        assert.equal(described, "complaint-x");
      }));

    for (const colorScheme of ["dark", "light"]) {
      for (const viewport of SIZES) {
        test(`fit ${viewport.width} px in ${colorScheme}, with readable text and no barrier`, () =>
          world.browser.visit({ colorScheme, viewport, query: "?tab=watchlist" }, async (dashboard) => {
            for (const tab of TABS) {
              await dashboard.tab(tab).click();
              await dashboard.settled(tab);
              const overflow = await dashboard.page.evaluate(
                () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
              );
              assert.equal(overflow, 0, `${tab}: nothing to scroll sideways`);
              assert.deepEqual(await dashboard.page.evaluate(faintTexts), [], tab);
              assert.deepEqual(await seriousViolations(dashboard.page), [], tab);
              await shoot(dashboard, `${tab}-${colorScheme}-${viewport.width}`);
            }
          }));
      }
    }
  });
