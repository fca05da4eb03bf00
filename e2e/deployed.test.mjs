// A stack that already runs, by its address alone: what each service of it has a part in. Its watchlist and its uploads are
// taken over, so it must not be one that somebody uses.
import { after, before, describe } from "node:test";

import { Browser } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";
import data from "./suites/data.mjs";
import pairCharts from "./suites/pair_charts.mjs";
import pairDownloads from "./suites/pair_downloads.mjs";
import tabs from "./suites/tabs.mjs";
import watchlist from "./suites/watchlist.mjs";

const SUITES = [pairCharts, pairDownloads, watchlist, data, tabs];

describe("the dashboard where it is deployed", () => {
  const world = {};

  before(async () => {
    if (!process.env.DASHBOARD_URL) throw new Error("DASHBOARD_URL has to be the address of a dashboard");
    world.stack = new Server(process.env.DASHBOARD_URL);
    world.browser = await Browser.launch(world.stack);
  });

  after(() => world.browser?.close());

  for (const suite of SUITES) {
    suite(world);
  }
});
