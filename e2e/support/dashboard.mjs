// The page as a person sees it: what is on it, and what can be done with it.
import { until } from "./until.mjs";

export class Dashboard {
  constructor(page) {
    this.page = page;
  }

  get(testId) {
    return this.page.locator(`[data-testid=${testId}]`);
  }

  // A tile of the pair: y, x, spread, z, beta, p, half-life, correlation.
  tile(name) {
    return this.get(`tile-${name}`);
  }

  // The number on a tile, as text without spaces and with an ASCII minus.
  async figure(name, part = "value") {
    const text = await this.tile(name).locator(`[data-testid=${part}]`).textContent();
    return text.replace(/[\s\u202f]/g, "").replace("−", "-");
  }

  // A control: an input, a list or a row of choices, by the parameter that it sets.
  control(field) {
    return this.get("controls").locator(`[data-field="${field}"]:not(p)`);
  }

  choice(field, word) {
    return this.control(field).locator(`[data-value="${word}"]`);
  }

  // Types a number and leaves the field.
  async type(field, value) {
    await this.control(field).fill(String(value));
    await this.control(field).press("Enter");
    await this.control(field).blur();
  }

  // Chooses the series of a leg by typing.
  async leg(side, name) {
    await this.get(`leg-${side}`).click();
    await this.page.keyboard.type(name);
    await this.page.keyboard.press("Enter");
  }

  tab(name) {
    return this.page.locator(`[data-tab=${name}]`);
  }

  field(name) {
    return this.page.locator(`[data-field="${name}"]`);
  }

  // Waits until an element's text is like that.
  async has(locator, pattern) {
    await locator.waitFor();
    await this.until(async () => pattern.test(await locator.textContent()));
  }

  // Waits until something is so.
  async until(isSo, limit = 30_000) {
    await until(isSo, { limit });
  }

  // Waits until the tab shows what it has to show: nothing is being read any more, and fonts are there.
  async settled(tab) {
    if (tab) await this.page.locator(`[data-tab=${tab}][aria-current=page]`).waitFor();
    await this.page.waitForFunction(() => !/^Reading |^Waiting/m.test(document.querySelector("#content")?.innerText ?? "Reading "));
    await this.page.evaluate(() => document.fonts.ready.then(() => undefined));
  }

  get query() {
    return new URL(this.page.url()).searchParams;
  }

  plot(name) {
    return this.page.locator(`[data-chart="${name}"]`);
  }

  panel(name) {
    return this.page.locator(`[data-panel="${name}"]`);
  }

  // Waits until a chart is drawn with more than a few points.
  async chart(name = "zscore") {
    await this.plot(name).scrollIntoViewIfNeeded();
    await this.page.waitForFunction((name) => {
      const chart = document.querySelector(`[data-chart="${name}"]`);
      return (chart?.data ?? []).some((trace) => (trace.x?.length ?? 0) > 5);
    }, name);
  }

  // Waits until the analysis is on screen; `parts` are values of the server's query that have to be in force.
  async analysed(parts = {}) {
    await this.chart();
    const wanted = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
    await this.page.waitForFunction(
      (wanted) => {
        const revision = document.querySelector('[data-chart="zscore"]')?._fullLayout?.uirevision ?? "";
        const query = revision.split(" ")[0].split("&");
        return wanted.every((part) => query.includes(part));
      },
      wanted,
    );
  }

  // Waits until a chart was redrawn with another newest value.
  async redrawn(name = "zscore") {
    let before;
    await this.until(async () => (before = await this.#newest(name)) !== null);
    await this.until(async () => ![before, null].includes(await this.#newest(name)));
  }

  // The newest values of a chart as text; null while it is not there.
  #newest(name) {
    return this.page.evaluate((name) => {
      const traces = document.querySelector(`[data-chart="${name}"]`)?.data;
      return traces?.map((trace) => `${trace.x?.at(-1)} ${(trace.close ?? trace.y)?.at(-1)}`).join() ?? null;
    }, name);
  }

  // The times on screen, ms on the axis's clock.
  range(name = "zscore") {
    return this.page.evaluate((name) => {
      const axis = document.querySelector(`[data-chart="${name}"]`)._fullLayout.xaxis;
      return axis.range.map((end) => axis.r2l(end));
    }, name);
  }

  // Waits until a chart shows these times.
  async shows([from, to], name) {
    await this.page.waitForFunction(
      ([name, from, to]) => {
        const axis = document.querySelector(`[data-chart="${name}"]`)?._fullLayout?.xaxis;
        const ends = axis?.range.map((end) => axis.r2l(end));
        return ends && Math.abs(ends[0] - from) < 2 && Math.abs(ends[1] - to) < 2;
      },
      [name, from, to],
    );
  }

  // Middle of a chart's drawing.
  async middle(name = "zscore") {
    await this.plot(name).scrollIntoViewIfNeeded();
    const box = await this.plot(name).locator(".nsewdrag").first().boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width };
  }

  // Turns the wheel over a chart that was clicked before, and waits for the address to say the new range.
  async wheel(deltaY, name = "zscore") {
    const { x, y } = await this.middle(name);
    await this.page.mouse.click(x, y);
    await this.page.mouse.wheel(0, deltaY);
    await this.page.waitForURL((url) => url.searchParams.has("from"));
  }

  // Drags a chart sideways by a share of its width.
  async drag(share, name = "zscore") {
    const { x, y, width } = await this.middle(name);
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + (width * share) / 2, y, { steps: 4 });
    await this.page.mouse.move(x + width * share, y, { steps: 4 });
    await this.page.mouse.up();
    await this.page.waitForURL((url) => url.searchParams.has("from"));
  }

  // Waits until an element's text is another one, also when another element has taken its place; resolves with it.
  async changed(locator) {
    const before = await locator.textContent();
    await this.until(async () => (await locator.textContent()) !== before);
    return locator.textContent();
  }

  // Clicks on what saves a file; resolves with its name and content.
  async download(locator) {
    const [file] = await Promise.all([this.page.waitForEvent("download"), locator.click()]);
    const { readFile } = await import("node:fs/promises");
    return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
  }
}
