import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { shoot } from "../support/looks.mjs";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

// A walk that a second series follows; the same in every run.
const closes = (rows, follow) => {
  let [state, x, spread] = [7, 100, 0];
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648 - 0.5;
  };
  return Array.from({ length: rows }, (_, at) => {
    x *= 1 + 0.002 * random();
    spread = 0.9 * spread + 0.1 * random();
    return [new Date(START + at * MINUTE).toISOString(), follow ? 1.5 * x + 10 + spread : x];
  });
};

const csv = (name, rows, follow = false) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(`time,close\n${closes(rows, follow).map((row) => row.join()).join("\n")}\n`),
});

const dataset = (dashboard, name) => dashboard.page.locator("[data-testid=dataset]", { hasText: name });

const removeAll = async (world) => {
  const { datasets } = await world.stack.get("/api/v1/datasets");
  for (const { id } of datasets) await world.stack.send("DELETE", `/api/v1/datasets/${id}`);
};

export default (world) =>
  describe("uploads", () => {
    test("of two files are read, shown as they were understood, and analysed as a pair", async () => {
      await removeAll(world);
      await world.browser.visit({ query: "?tab=data" }, async (dashboard) => {
        await dashboard.page.getByText("Nothing is uploaded yet").waitFor();
        await dashboard.get("file").setInputFiles([csv("leader.csv", 800), csv("follower.csv", 800, true)]);
        await dataset(dashboard, "leader").waitFor();
        await dataset(dashboard, "follower").waitFor();
        await dashboard.has(dashboard.get("job-state").first(), /800 rows stored/);
        await dataset(dashboard, "leader").locator("[data-testid=dataset-open]").click();
        await dashboard.has(dashboard.get("details"), /leader/);
        const details = await dashboard.get("details").textContent();
        assert.match(details, /one symbol/);
        assert.match(details, /ISO 8601/);
        assert.match(details, /1m · 800 rows · no gap/);
        assert.equal(await dashboard.page.locator("[data-testid=preview] tbody tr").count(), 5);
        await shoot(dashboard, "state-uploaded");
        await dataset(dashboard, "follower").locator("[data-testid=dataset-analyse]").click();
        await dashboard.page.waitForURL((url) => url.searchParams.get("ySource")?.startsWith("dataset:"));
        assert.match(dashboard.query.get("xSource"), /^dataset:/);
        assert.notEqual(dashboard.query.get("xSource"), dashboard.query.get("ySource"));
        assert.equal(dashboard.query.get("interval"), "1m");
      });
    });

    test("dropped on the page are taken", () =>
      world.browser.visit({ query: "?tab=data" }, async (dashboard) => {
        await dashboard.get("drop").waitFor();
        const transfer = await dashboard.page.evaluateHandle((text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
          return transfer;
        }, csv("", 40).buffer.toString());
        for (const event of ["dragenter", "dragover", "drop"]) {
          await dashboard.page.dispatchEvent("[data-testid=drop]", event, { dataTransfer: transfer });
        }
        await dataset(dashboard, "dropped").waitFor();
      }));

    test("dropped on any other view are taken there, too", () =>
      world.browser.visit({ query: "?y=ETHUSDT&x=BTCUSDT&interval=1m" }, async (dashboard) => {
        await dashboard.get("tiles").waitFor();
        const transfer = await dashboard.page.evaluateHandle((text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "anywhere.csv", { type: "text/csv" }));
          return transfer;
        }, csv("", 40).buffer.toString());
        for (const event of ["dragenter", "dragover"]) {
          await dashboard.page.dispatchEvent("[data-testid=tiles]", event, { dataTransfer: transfer });
        }
        await dashboard.get("veil").waitFor();
        await shoot(dashboard, "state-drop");
        await dashboard.page.dispatchEvent("[data-testid=tiles]", "drop", { dataTransfer: transfer });
        await dashboard.page.waitForURL((url) => url.searchParams.get("tab") === "data");
        await dataset(dashboard, "anywhere").waitFor();
        assert.equal(await dashboard.get("veil").count(), 0);
        // What is looked into is in the link.
        await dashboard.page.waitForURL((url) => url.searchParams.has("dataset"));
        await dashboard.page.reload();
        await dashboard.has(dashboard.get("details"), /anywhere/);
        await dashboard.page.locator("[data-testid=preview] tbody tr").first().waitFor();
      }));

    test("are listed in a file, and each is one", () =>
      world.browser.visit({ query: "?tab=data" }, async (dashboard) => {
        await dataset(dashboard, "anywhere").waitFor();
        const list = await dashboard.download(dashboard.get("datasets-csv"));
        const [header, ...lines] = list.content.toString().trim().split("\n");
        assert.match(header, /^dataset,name,created_at,symbol,interval,rows,/);
        const { datasets } = await world.stack.get("/api/v1/datasets");
        assert.equal(lines.length, datasets.flatMap(({ series }) => series).length);
        const one = await dashboard.download(dataset(dashboard, "anywhere").locator("[data-testid=dataset-csv]"));
        assert.equal(one.content.toString().trim().split("\n").length, 41);
      }));

    test("with errors say line and column of each, and store nothing", () =>
      world.browser.visit({ query: "?tab=data", ignore: (text) => /status of 4\d\d/.test(text) }, async (dashboard) => {
        const rows = closes(10).map(([time, close], at) => [time, [3, 5].includes(at) ? "abc" : close].join());
        await dashboard.get("file").setInputFiles({
          name: "broken.csv",
          mimeType: "text/csv",
          buffer: Buffer.from(`time,close\n${rows.join("\n")}\n`),
        });
        await dashboard.get("file-errors").waitFor();
        const lines = await dashboard.page.locator("[data-testid=file-errors] tbody td:first-child").allTextContents();
        assert.deepEqual(lines.map(Number), [5, 7]);
        await dashboard.has(dashboard.get("job-state"), /not stored/);
        await shoot(dashboard, "state-upload-errors");
        const { content } = await dashboard.download(dashboard.get("errors-csv"));
        assert.match(content.toString(), /^line,column,error\n5,close,/);
        assert.equal(await dataset(dashboard, "broken").count(), 0);
      }));

    test("show how far they are and can be called off", () =>
      world.browser.visit({ query: "?tab=data" }, async (dashboard) => {
        await dashboard.get("file").waitFor({ state: "attached" });
        const { datasets } = await world.stack.get("/api/v1/datasets");
        const line = await dashboard.page.context().newCDPSession(dashboard.page);
        const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 };
        await line.send("Network.enable");
        await line.send("Network.emulateNetworkConditions", slow);
        await dashboard.get("file").setInputFiles(csv("slow.csv", 60_000));
        const progress = dashboard.page.locator("[data-testid=job] progress");
        await progress.waitFor();
        const part = () => progress.evaluate((bar) => (bar.hasAttribute("value") ? bar.value : 0));
        await dashboard.until(async () => (await part()) > 0);
        const before = await part();
        await dashboard.until(async () => (await part()) > before);
        assert.ok((await part()) < 1);
        await shoot(dashboard, "state-uploading");
        await dashboard.get("job-dismiss").click();
        await dashboard.get("job").waitFor({ state: "detached" });
        await line.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });
        assert.equal((await world.stack.get("/api/v1/datasets")).datasets.length, datasets.length);
      }));

    test("are deleted at the second click", () =>
      world.browser.visit({ query: "?tab=data" }, async (dashboard) => {
        const remove = dataset(dashboard, "dropped").locator("[data-testid=dataset-delete]");
        await remove.click();
        await dashboard.has(remove, /Delete\?/);
        await remove.click();
        await dataset(dashboard, "dropped").waitFor({ state: "detached" });
        const { datasets } = await world.stack.get("/api/v1/datasets");
        assert.ok(datasets.every(({ name }) => !name.includes("dropped")));
      }));
  });
