import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const SCREENSHOTS = join(dirname(fileURLToPath(import.meta.url)), "../screenshots");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const CHARTS = ["y-candles", "x-candles", "spread", "zscore", "normalised", "correlation", "stability", "scatter"];
const LINK = "?y=ETHUSDT&x=BTCUSDT&interval=1m";
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

// The ratio of the Web Content Accessibility Guidelines, of every text that is on the page.
const faintTexts = () => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) =>
    [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(at).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *:not(script)")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    // Prices are in a moment's colour after a change, which has its own contrast; disabled controls are exempt.
    if (!hasText || !element.checkVisibility() || element.closest("svg, .sr-only, :disabled")) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(background(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${element.className}: ${element.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return faint;
};

// What keeps people with disabilities out, by the rules of axe.
const violations = async (page) => {
  // The page's policy lets no script in but its own; this one comes with the test.
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
};

export default (world) =>
  describe("the page", () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const colorScheme of ["dark", "light"]) {
      for (const viewport of SIZES) {
        test(`fits ${viewport.width} px in ${colorScheme}, with readable text and for everybody`, () =>
          world.browser.visit({ colorScheme, viewport, query: LINK }, async (dashboard) => {
            for (const chart of CHARTS) await dashboard.chart(chart);
            await dashboard.page.locator("[data-chart=y-candles]").scrollIntoViewIfNeeded();
            await dashboard.page.evaluate(() => window.scrollTo(0, 0));
            await dashboard.redrawn("y-candles");
            const overflow = await dashboard.page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            assert.equal(overflow, 0, "nothing to scroll sideways");
            const shoot = (name, options) =>
              dashboard.page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${viewport.width}.png`), ...options });
            await shoot("pair", { fullPage: true });
            assert.deepEqual(await dashboard.page.evaluate(faintTexts), []);
            assert.deepEqual(await violations(dashboard.page), []);
            // A tall window shows the whole of it to whoever looks at the pictures.
            if (viewport.width > 1100) {
              await dashboard.page.setViewportSize({ width: viewport.width, height: 2000 });
              for (const chart of CHARTS) await dashboard.chart(chart);
              await dashboard.redrawn("zscore");
              await shoot("pair-whole", { fullPage: true });
            }
          }));
      }
    }

    test("stands still while numbers change", () =>
      world.browser.visit({ query: LINK }, async (dashboard) => {
        await dashboard.chart();
        await dashboard.page.evaluate(() => {
          window.shift = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shift += entry.value;
          }).observe({ type: "layout-shift", buffered: false });
        });
        for (let update = 0; update < 4; update += 1) await dashboard.redrawn();
        const shift = await dashboard.page.evaluate(() => window.shift);
        assert.ok(shift < 0.005, `layout shift ${shift}`);
      }));
  });
