// One stack and one browser for all suites: starting them takes longer than most tests.
import { after, before, describe } from "node:test";

import { Browser } from "./support/browser.mjs";
import { Stack } from "./support/stack.mjs";
import alerts from "./suites/alerts.mjs";
import backtest from "./suites/backtest.mjs";
import data from "./suites/data.mjs";
import hidden from "./suites/hidden.mjs";
import looks from "./suites/looks.mjs";
import pages from "./suites/pages.mjs";
import pairCharts from "./suites/pair_charts.mjs";
import pairControls from "./suites/pair_controls.mjs";
import pairDatasets from "./suites/pair_datasets.mjs";
import pairDownloads from "./suites/pair_downloads.mjs";
import pairFigures from "./suites/pair_figures.mjs";
import pairLinks from "./suites/pair_links.mjs";
import pairTicket from "./suites/pair_ticket.mjs";
import radar from "./suites/radar.mjs";
import recovery from "./suites/recovery.mjs";
import scanner from "./suites/scanner.mjs";
import settings from "./suites/settings.mjs";
import speed from "./suites/speed.mjs";
import states from "./suites/states.mjs";
import tabs from "./suites/tabs.mjs";
import watchlist from "./suites/watchlist.mjs";

const SUITES = [
  pairCharts,
  pairFigures,
  pairControls,
  pairLinks,
  pairDownloads,
  pairDatasets,
  pairTicket,
  settings,
  states,
  hidden,
  looks,
  watchlist,
  scanner,
  radar,
  alerts,
  backtest,
  data,
  pages,
  speed,
  tabs,
  // Last: it stops the stack.
  recovery,
];

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

  for (const suite of SUITES) {
    suite(world);
  }
});
