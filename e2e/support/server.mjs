// A server by its address, wherever it runs.
import { until } from "./until.mjs";

export class Server {
  // Address of the dashboard.
  url;

  constructor(url) {
    this.url = url;
  }

  async get(path) {
    const response = await fetch(new URL(path, this.url));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  // Waits until a call has an answer: until there are bars enough for it, say.
  async answers(path, limit = 120_000) {
    return until(() => this.get(path), { limit, pause: 200 });
  }

  async send(method, path, body) {
    const init = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
    const response = await fetch(new URL(path, this.url), init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  // A figure of the server's own.
  async metric(name) {
    const text = await (await fetch(new URL("/metrics", this.url))).text();
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return Number(line?.split(" ")[1] ?? 0);
  }
}
