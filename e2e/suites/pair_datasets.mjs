import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";
import { recompute, whyNot } from "../support/statsmodels.mjs";

const START = Date.UTC(2024, 2, 1);

// Two series that belong together, from a generator of pseudo-random numbers that needs no seed from outside.
const twoSeries = (rows) => {
  let state = 42;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648 - 0.5;
  };
  const lines = ["time,ALPHA,BETA"];
  let x = 100;
  let gap = 0;
  for (let row = 0; row < rows; row += 1) {
    x += random();
    gap = 0.9 * gap + random();
    lines.push(`${new Date(START + row * 300_000).toISOString()},${(20 + 1.5 * x + gap).toFixed(4)},${x.toFixed(4)}`);
  }
  return lines.join("\n");
};

export default (world) =>
  describe("uploads as legs", () => {
    const upload = async (name, rows) => {
      const response = await fetch(new URL(`/api/v1/datasets?name=${name}`, world.stack.url), {
        method: "POST",
        headers: { "content-type": "text/csv" },
        body: twoSeries(rows),
      });
      assert.equal(response.status, 201, await response.clone().text());
      return (await response.json()).dataset;
    };

    test("are chosen, analysed in sample, charted and downloaded by the same controls", { timeout: 120_000 }, async () => {
      const dataset = await upload("legs", 1_200);
      await world.browser.visit({}, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.control("ySource").selectOption(dataset.source);
        await dashboard.analysed({ ySource: dataset.source, xSource: dataset.source, y: "ALPHA", x: "BETA", fit: "in_sample" });
        assert.equal(await dashboard.choice("interval", "5m").getAttribute("aria-checked"), "true", "its own interval");
        for (const chart of ["y-candles", "spread", "zscore", "normalised", "correlation", "stability", "scatter"]) {
          await dashboard.chart(chart);
        }
        assert.equal(await dashboard.figure("z", "age").then((age) => age.includes("Mar")), true, "the moment of its last bar");
        await shoot(dashboard, "pair-uploads");
        const { content } = await dashboard.download(dashboard.panel("zscore").locator("[data-testid=csv]"));
        assert.equal(content.toString().trim().split("\n").length, 1_001, "the last thousand");
        await dashboard.choice("interval", "10m").click();
        await dashboard.analysed({ interval: "10m" });
        await dashboard.control("model").selectOption("kalman");
        await dashboard.analysed({ model: "kalman", ySource: dataset.source });
        await dashboard.chart("hedge-ratio");
      });
    });

    const name = "have the figures of statsmodels";
    test(name, { skip: whyNot(name) }, async () => {
      const dataset = await upload("reference", 900);
      const link = `?y=ALPHA&x=BETA&ySource=${dataset.source}&xSource=${dataset.source}&interval=5m`;
      await world.browser.visit({ query: link }, async (dashboard) => {
        await dashboard.analysed({ fit: "in_sample" });
        const { content } = await dashboard.download(dashboard.panel("spread").locator("[data-testid=csv]"));
        const reference = recompute(content, { fit: "in_sample", lookback: 0, window: 60, transform: "level" });
        const shown = await dashboard.figure("beta");
        assert.equal(shown, reference.beta.toFixed(shown.split(".")[1].length));
        const z = Number(await dashboard.figure("z"));
        assert.equal(z.toFixed(2), reference.z.toFixed(2));
        assert.equal(await dashboard.figure("p"), "Yes", "they were made to belong together");
      });
    });

    test("make a pair with the feed", async () => {
      const dataset = await upload("mixed", 400);
      const link = `?y=ALPHA&x=BTCUSDT&ySource=${dataset.source}&interval=5m`;
      // They are of different years: nothing joins, and the page says so.
      await world.browser.visit({ query: link, ignore: (text) => text.includes("422") }, async (dashboard) => {
        await dashboard.get("notice").waitFor();
        assert.match(await dashboard.get("notice").textContent(), /bars/);
      });
    });
  });
