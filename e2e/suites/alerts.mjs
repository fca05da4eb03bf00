import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

const isRefusal = (text) => /status of 4\d\d/.test(text);

const removeAll = async (world) => {
  const { rules } = await world.stack.get("/api/v1/alerts/rules");
  for (const { id } of rules) await world.stack.send("DELETE", `/api/v1/alerts/rules/${id}`);
};

const rule = (dashboard, name) => dashboard.page.locator("[data-testid=rule]", { hasText: name });

export default (world) =>
  describe("alerts", () => {
    test("are made by a form that says at each field what is wrong with it", async () => {
      await removeAll(world);
      await world.browser.visit({ query: "?tab=alerts&y=ETHUSDT&x=BTCUSDT", ignore: isRefusal }, async (dashboard) => {
        await dashboard.page.getByText("No rule yet").waitFor();
        await dashboard.get("rule-new").click();
        await dashboard.get("rule-save").click();
        await dashboard.page.locator("#complaint-name").waitFor();
        await dashboard.field("name").fill("Wide");
        await dashboard.field("rule-y").fill("ETHUSDT");
        await dashboard.field("rule-x").fill("BTCUSDT");
        await dashboard.field("threshold").fill("1");
        await dashboard.field("exit").fill("3");
        await dashboard.get("rule-save").click();
        // The server's word this time: a threshold cannot lie within its own exit.
        await dashboard.page.locator("#complaint-exit, #complaint-threshold").first().waitFor();
        await shoot(dashboard, "state-rule-refused");
        await dashboard.field("threshold").fill("7");
        await dashboard.field("exit").fill("0.5");
        await dashboard.get("rule-save").click();
        await rule(dashboard, "Wide").waitFor();
        assert.equal(await dashboard.get("rule-form").count(), 0);
        await dashboard.has(rule(dashboard, "Wide").locator("[data-testid=rule-state]"), /normal/);
        const { rules } = await world.stack.get("/api/v1/alerts/rules");
        assert.deepEqual(rules.map(({ name, threshold, exit }) => [name, threshold, exit]), [["Wide", 7, 0.5]]);
        const { content } = await dashboard.download(dashboard.get("rules-csv"));
        const [header, ...lines] = content.toString().trim().split("\n");
        assert.match(header, /^id,name,enabled,kind,pair,threshold,exit,/);
        assert.equal(lines.length, 1);
        assert.match(lines[0], /^\d+,Wide,true,zThreshold,.*x=simulated:BTCUSDT.*,7,0\.5,/);
      });
    });

    test("of every kind are changed, switched off and deleted", () =>
      world.browser.visit({ query: "?tab=alerts", ignore: isRefusal }, async (dashboard) => {
        const kinds = ["cointegrationLost", "hedgeRatioDrift", "feedStale", "zThreshold"];
        await rule(dashboard, "Wide").waitFor();
        for (const kind of kinds) {
          await rule(dashboard, "Wide").locator("[data-testid=rule-edit]").click();
          await dashboard.field("kind").selectOption(kind);
          if (kind === "zThreshold") await dashboard.field("threshold").fill("6");
          await dashboard.get("rule-save").click();
          await dashboard.get("rule-form").waitFor({ state: "detached" });
          const { rules } = await world.stack.get("/api/v1/alerts/rules");
          assert.deepEqual(rules.map((rule) => rule.kind), [kind]);
        }
        await rule(dashboard, "Wide").locator("[data-testid=rule-on]").click();
        await dashboard.has(rule(dashboard, "Wide").locator("[data-testid=rule-state]"), /off/);
        const remove = rule(dashboard, "Wide").locator("[data-testid=rule-delete]");
        await remove.click();
        await dashboard.has(remove, /Delete\?/);
        await remove.click();
        await dashboard.page.getByText("No rule yet").waitFor();
        assert.deepEqual((await world.stack.get("/api/v1/alerts/rules")).rules, []);
      }));

    test("are told by exactly one toast, in all pages of a browser and after a reload", async () => {
      await removeAll(world);
      await world.stack.send("POST", "/api/v1/alerts/rules", {
        name: "Silence",
        kind: "feedStale",
        pair: { y: "DOGEUSDT", x: "BTCUSDT" },
        threshold: 5,
        exit: 1,
      });
      await world.browser.visitAll({ query: "?tab=alerts" }, 2, async (pages) => {
        for (const page of pages) await rule(page, "Silence").waitFor();
        // The simulated exchange stops sending one of the symbols, and goes on.
        await world.stack.fault({ kind: "silent", symbol: "DOGEUSDT", duration_ms: 12_000 });
        await pages[0].has(rule(pages[0], "Silence").locator("[data-testid=rule-state]"), /firing/);
        await pages[1].has(rule(pages[1], "Silence").locator("[data-testid=rule-state]"), /firing/);
        for (const page of pages) await page.page.locator("[data-testid=event]", { hasText: "fired" }).first().waitFor();
        await pages[0].page.locator("[data-testid=event]", { hasText: "resolved" }).first().waitFor();
        const toasts = async () => (await Promise.all(pages.map((page) => page.get("toast").count()))).reduce((a, b) => a + b);
        assert.equal(await toasts(), 1);
        const teller = (await pages[0].get("toast").count()) === 1 ? pages[0] : pages[1];
        assert.match(await teller.get("toast").textContent(), /Silence.*DOGEUSDT \/ BTCUSDT/s);
        assert.equal(await teller.get("toast").getAttribute("role"), "alert");
        await shoot(teller, "state-toast");
        await teller.page.keyboard.press("Escape");
        await teller.get("toast").waitFor({ state: "detached" });
        for (const page of pages) {
          await page.page.reload();
          await page.page.locator("[data-testid=event]", { hasText: "resolved" }).first().waitFor();
        }
        assert.equal(await toasts(), 0);
      });
    });

    // A z-score of twenty seconds goes back and forth over such a threshold several times a minute.
    const RESTLESS = { y: "ETHUSDT", x: "BTCUSDT", interval: "1s", lookback: 60, window: 20 };
    const restless = (more) => `?${new URLSearchParams({ ...RESTLESS, ...more })}`;

    test("of the pair on screen are told without a rule, once a crossing, however many pages show it", () =>
      world.browser.visitAll({ query: restless({ limit: 300, entry: 1, exit: 0.1 }) }, 2, async (pages) => {
        await Promise.all(
          pages.map((page) =>
            page.page.evaluate(() => {
              window.told = [];
              const look = () => {
                for (const toast of document.querySelectorAll("[data-testid=toast]:not([data-seen])")) {
                  toast.dataset.seen = "";
                  // Not what a rule of an earlier test still has to say.
                  if (toast.textContent.includes("beyond")) window.told.push(toast.textContent);
                }
              };
              new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
            }),
          ),
        );
        const told = async () => (await Promise.all(pages.map((page) => page.page.evaluate(() => window.told)))).flat();
        await pages[0].until(async () => (await told()).length >= 3, 90_000);
        const all = await told();
        for (const text of all) assert.match(text, /ETHUSDT \/ BTCUSDT.*z = [+−]\d\.\d\d, beyond ±1 on 1s bars/);
        const crossings = all.map((text) => text.replace(/z = ([+−]).*/, "$1"));
        assert.equal(new Set(crossings).size, all.length, `each once: ${all.join(" | ")}`);
      }));

    test("that a rule has told are marked where they stand in the chart of its z-score", async () => {
      await world.stack.send("POST", "/api/v1/alerts/rules", {
        name: "Narrow",
        kind: "zThreshold",
        pair: RESTLESS,
        threshold: 0.5,
        exit: 0.1,
      });
      await world.browser.visit({ query: `${restless({ limit: 1000 })}&tab=alerts` }, async (dashboard) => {
        await dashboard.page.locator("[data-testid=event]", { hasText: "Narrow" }).first().waitFor({ timeout: 90_000 });
        await dashboard.tab("pair").click();
        await dashboard.chart("zscore");
        await dashboard.page.waitForFunction(() =>
          document.querySelector('[data-chart="zscore"]').data.some(({ name, x }) => name === "alert" && x.length > 0),
        );
        assert.match(await dashboard.panel("zscore").locator("[data-testid=legend]").textContent(), /Alerts\d/);
        await shoot(dashboard, "pair-alerts");
      });
      const { rules } = await world.stack.get("/api/v1/alerts/rules");
      const { id } = rules.find(({ name }) => name === "Narrow");
      await world.stack.send("DELETE", `/api/v1/alerts/rules/${id}`);
    });

    test("have a history that is saved as a file", () =>
      world.browser.visit({ query: "?tab=alerts" }, async (dashboard) => {
        await dashboard.get("event").first().waitFor();
        const [file] = await Promise.all([dashboard.page.waitForEvent("download"), dashboard.get("history-csv").click()]);
        assert.match(file.suggestedFilename(), /\.csv$/);
        const text = (await readFile(await file.path())).toString();
        assert.match(text, /Silence/);
      }));

    test("reach the person through the browser, once it was allowed on a click", () =>
      world.browser.visit({ query: "?tab=alerts", permissions: ["notifications"] }, async (dashboard) => {
        await dashboard.get("notify").waitFor();
        assert.equal(await dashboard.get("notify").isChecked(), false);
        await dashboard.page.evaluate(() => {
          window.told = [];
          const real = window.Notification;
          window.Notification = class {
            static permission = real.permission;
            constructor(title, { body, tag }) {
              window.told.push({ title, body, tag });
            }
            close() {}
          };
        });
        await dashboard.get("notify").check();
        await world.stack.fault({ kind: "silent", symbol: "DOGEUSDT", duration_ms: 12_000 });
        await dashboard.get("toast").waitFor();
        await dashboard.page.waitForFunction(() => window.told.length > 0);
        const told = await dashboard.page.evaluate(() => window.told);
        assert.deepEqual(told.map(({ title }) => title), ["Silence"]);
        await removeAll(world);
      }));
  });
