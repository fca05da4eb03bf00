import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { recompute, whyNot } from "../support/statsmodels.mjs";

// Every digit that is shown has to be right: the reference is rounded to as many.
const shows = (shown, reference, what) => {
  if (shown.startsWith("<")) {
    assert.ok(reference < Number(shown.slice(1)), `${what}: ${shown}, ${reference}`);
    return;
  }
  const digits = shown.replace(/^[+]/, "");
  const decimals = digits.split(".")[1]?.length ?? 0;
  const rounded = reference.toFixed(decimals);
  assert.equal(digits, /^-0\.?0*$/.test(rounded) ? rounded.slice(1) : rounded, what);
};

// Reads the tiles, downloads the file beside the spread, and compares them with what statsmodels makes of the file.
const compare = async (dashboard, params) => {
  const tiles = {
    z: await dashboard.figure("z"),
    spread: await dashboard.figure("spread"),
    beta: await dashboard.figure("beta"),
    betaSe: (await dashboard.figure("beta", "detail")).replace(/[^\d.]/g, ""),
    p: (await dashboard.figure("p", "detail")).replace("p", ""),
    halfLife: await dashboard.figure("half-life"),
    correlation: await dashboard.figure("correlation"),
  };
  const { content } = await dashboard.download(dashboard.panel("spread").locator("[data-testid=csv]"));
  const reference = recompute(content, params);
  for (const [name, shown] of Object.entries(tiles)) {
    assert.match(shown, /\d/, `${name} is there`);
    shows(shown, reference[name], `${name} of ${reference.bars} bars`);
  }
  assert.equal(await dashboard.figure("p"), reference.p < 0.05 ? "Yes" : "No");
  const statistic = await dashboard.page.locator("[data-figure='tests.engleGrangerYx']").textContent();
  shows(statistic.split(" · ")[0].replace("−", "-"), reference.statistic, "Engle-Granger");
};

const lastHours = (hours) => {
  const end = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000;
  return `startTime=${end - hours * 3_600_000}&endTime=${end}`;
};

export default (world) =>
  describe("the figures of a pair", () => {
    const walking = "on the tiles are those of statsmodels to every digit, walking forward";
    test(walking, { skip: whyNot(walking) }, () =>
      world.browser.visit(
        { query: `?y=ETHUSDT&x=BTCUSDT&interval=1m&${lastHours(12)}&lookback=300&window=60` },
        async (dashboard) => {
          await dashboard.analysed();
          await compare(dashboard, { fit: "walk_forward", lookback: 300, window: 60, transform: "level" });
        },
      ));

    const whole = "on the tiles are those of statsmodels to every digit, in sample and of logarithms";
    test(whole, { skip: whyNot(whole) }, () =>
      world.browser.visit(
        { query: `?y=SOLUSDT&x=ETHUSDT&interval=5m&${lastHours(30)}&fit=in_sample&window=40&transform=log` },
        async (dashboard) => {
          await dashboard.analysed();
          await compare(dashboard, { fit: "in_sample", lookback: 0, window: 40, transform: "log" });
        },
      ));

    test("move with the market, and say how old they are", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.analysed();
        for (const name of ["y", "x", "spread", "z"]) {
          await dashboard.changed(dashboard.tile(name).locator("[data-testid=value]"));
        }
        for (const name of ["y", "x", "spread", "z", "correlation"]) {
          assert.match(await dashboard.figure(name, "age"), /^Age:\d+s$/, name);
        }
        for (const name of ["beta", "p", "half-life"]) {
          assert.match(await dashboard.figure(name, "age"), /^Age:\d+(s|min)$/, name);
        }
        assert.match(await dashboard.figure("y", "detail"), /24h[\d.]+[KMBT]?USDT/);
      }));

    test("have the price that the server has", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.analysed();
        await dashboard.changed(dashboard.tile("y").locator("[data-testid=value]"));
        const shown = Number(await dashboard.figure("y"));
        const { trades } = await world.stack.get("/api/v1/trades?symbol=ETHUSDT&limit=500");
        assert.ok(trades.price.includes(shown), `${shown} is a price that was traded`);
      }));

    test("change at most ten times a second", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.analysed();
        const perSecond = await dashboard.tile("y").evaluate(
          (tile) =>
            new Promise((done) => {
              const moments = [];
              new MutationObserver(() => {
                moments.push(performance.now());
                if (moments.length === 20) done((19 * 1000) / (moments.at(-1) - moments[0]));
              }).observe(tile.querySelector("[data-testid=value]"), { characterData: true, childList: true, subtree: true });
            }),
        );
        assert.ok(perSecond <= 11, `${perSecond} a second`);
      }));

    test("of the statistics panel are the server's", () =>
      world.browser.visit({ query: `?y=ETHUSDT&x=BTCUSDT&interval=1m&${lastHours(12)}` }, async (dashboard) => {
        await dashboard.analysed();
        const { fit, tests, alignment } = await world.stack.get(
          `/api/v1/pairs/analytics?y=ETHUSDT&x=BTCUSDT&interval=1m&limit=100000&${lastHours(12)}`,
        );
        const shown = async (figure) => {
          const text = await dashboard.page.locator(`[data-figure="${figure}"]`).textContent();
          return text.replace(/[\s\u202f]/g, "").replace("−", "-");
        };
        shows(await shown("fit.beta"), fit.beta);
        shows(await shown("fit.alphaSe"), fit.alphaSe);
        shows(await shown("fit.r2"), fit.r2);
        shows(await shown("tests.hurst"), tests.hurst);
        shows(await shown("tests.halfLife.bars"), tests.halfLife.bars);
        shows((await shown("tests.adfY")).split("·")[0], tests.adfY.statistic);
        shows((await shown("tests.johansen.trace.0")).split("·")[0], tests.johansen.trace[0]);
        assert.equal(await shown("alignment.joined"), String(alignment.joined));
      }));
  });
