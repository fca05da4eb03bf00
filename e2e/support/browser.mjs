// A browser whose pages fail their test when something is wrong in the console.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { Dashboard } from "./dashboard.mjs";

// The network of a test machine may be closed: the browser must not look for anything of its own.
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// A server on a busy machine may ask to be asked again in a moment. The page does, and the tests wait for what comes of it.
const isBusy = (text) => text.includes("the server responded with a status of 503");

export class Browser {
  #context;
  #stack;
  #profile;

  static async launch(stack) {
    const browser = new Browser();
    browser.#stack = stack;
    browser.#profile = mkdtempSync(join(tmpdir(), "spreadscope-chromium-"));
    browser.#context = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ARGS,
      env: { ...process.env, HOME: browser.#profile },
    });
    return browser;
  }

  // Opens the page in a browser profile of its own, hands it to `use`, and checks the console afterwards. `options` are those of
  // Playwright's newContext, and `query`, and `ignore`: what the console may say.
  async visit(options, use) {
    await this.visitAll(options, 1, ([dashboard]) => use(dashboard));
  }

  // The same with several pages of one profile.
  async visitAll(options, count, use) {
    const { query = "", ignore = () => false, ...contextOptions } = options;
    const context = await this.#context.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: "dark",
      timezoneId: "UTC",
      ...contextOptions,
    });
    try {
      const complaints = [];
      const dashboards = [];
      for (let at = 0; at < count; at += 1) {
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        page.on("pageerror", (error) => complaints.push(error.stack));
        page.on("console", (message) => {
          if (["error", "warning"].includes(message.type()) && !isBusy(message.text()) && !ignore(message.text())) {
            complaints.push(`${message.text()} (${message.location().url})`);
          }
        });
        await page.goto(new URL(query, this.#stack.url).href);
        dashboards.push(new Dashboard(page));
      }
      await use(dashboards);
      assert.deepEqual(complaints, [], "the console is clean");
    } finally {
      await context.close();
    }
  }

  async close() {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
