// The page as a person sees it: what is on it, and what can be done with it.

const PLOT = "[data-testid=plot]";

export class Dashboard {
  constructor(page) {
    this.page = page;
  }

  get(testId) {
    return this.page.locator(`[data-testid=${testId}]`);
  }

  tile(symbol) {
    return this.page.locator(`[data-testid=tile][data-symbol=${symbol}]`);
  }

  interval(name) {
    return this.page.locator(`[data-interval="${name}"]`);
  }

  get query() {
    return new URL(this.page.url()).searchParams;
  }

  // Waits until candles are drawn; `of` says which, as in "BTCUSDT:1m".
  async chart(of = "") {
    await this.page.waitForFunction(
      ([plot, of]) =>
        document.querySelectorAll(`${plot} .trace.boxes path.box`).length > 20 &&
        document.querySelector(plot)._fullLayout.uirevision.includes(of),
      [PLOT, of],
    );
  }

  // The drawn shape of the newest candle: what the eye sees move.
  newestCandle() {
    return this.page.evaluate((plot) => {
      const candles = document.querySelectorAll(`${plot} .trace.boxes path.box`);
      return candles[candles.length - 1]?.getAttribute("d");
    }, PLOT);
  }

  // Waits until the chart was redrawn with another newest price.
  async redrawn() {
    const close = (plot) => {
      const { x, close } = document.querySelector(plot).data[0];
      return `${x.at(-1)} ${close.at(-1)}`;
    };
    const before = await this.page.evaluate(close, PLOT);
    await this.page.waitForFunction(
      ([plot, before]) => {
        const { x, close } = document.querySelector(plot).data[0];
        return `${x.at(-1)} ${close.at(-1)}` !== before;
      },
      [PLOT, before],
    );
  }

  // The times on screen, ms on the axis's clock.
  range() {
    return this.page.evaluate((plot) => {
      const axis = document.querySelector(plot)._fullLayout.xaxis;
      return axis.range.map((end) => axis.r2l(end));
    }, PLOT);
  }

  // Middle of the chart's price area.
  async middle() {
    const box = await this.page.locator(`${PLOT} .nsewdrag`).first().boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width };
  }

  // Turns the wheel over the chart and waits for the address to say the new range.
  async wheel(deltaY) {
    const { x, y } = await this.middle();
    await this.page.mouse.move(x, y);
    await this.page.mouse.wheel(0, deltaY);
    await this.page.waitForURL((url) => url.searchParams.has("from"));
  }

  // Drags the chart sideways by a share of its width.
  async drag(share) {
    const { x, y, width } = await this.middle();
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + (width * share) / 2, y, { steps: 4 });
    await this.page.mouse.move(x + width * share, y, { steps: 4 });
    await this.page.mouse.up();
    await this.page.waitForURL((url) => url.searchParams.has("from"));
  }

  // Waits until an element's text is another one; resolves with it.
  async changed(locator) {
    const before = await locator.textContent();
    const handle = await locator.elementHandle();
    await this.page.waitForFunction(([element, before]) => element.textContent !== before, [handle, before]);
    return locator.textContent();
  }
}
