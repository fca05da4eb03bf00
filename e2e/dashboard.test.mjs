// One stack and one browser for all suites: starting them takes longer than most tests.
import { after, before, describe } from "node:test";

import { Browser } from "./support/browser.mjs";
import { Stack } from "./support/stack.mjs";
import chart from "./suites/chart.mjs";
import downloads from "./suites/downloads.mjs";
import links from "./suites/links.mjs";
import looks from "./suites/looks.mjs";
import pickers from "./suites/pickers.mjs";
import recovery from "./suites/recovery.mjs";
import settings from "./suites/settings.mjs";
import tiles from "./suites/tiles.mjs";

describe("the dashboard", () => {
  const world = {};

  before(async () => {
    world.stack = await Stack.start();
    world.browser = await Browser.launch(world.stack);
  });

  after(async () => {
    await world.browser?.close();
    await world.stack?.remove();
  });

  for (const suite of [chart, tiles, pickers, links, settings, downloads, looks, recovery]) {
    suite(world);
  }
});
