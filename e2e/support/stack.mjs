// The real stack with the simulated exchange, as its launcher runs it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Server } from "./server.mjs";
import { until } from "./until.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const READY = /ready: (http:\S+)/;
// The log is coloured.
const COLOURS = /\u001b\[[0-9;]*m/g;
const EXCHANGE = /exchange open addr=(\S+)/;
const START_LIMIT_MS = 180_000;
const LAST_LINES = 40;

export class Stack extends Server {
  static #count = 0;

  #dataDir = join(tmpdir(), `spreadscope-e2e-${process.pid}-${Stack.#count++}`);
  #process;
  #log = [];

  #args = [];
  #exchange;

  // `args` are further ones of the launcher.
  static async start(args = []) {
    const stack = new Stack();
    stack.#args = args;
    // Whatever ends the tests, the stack does not outlive them.
    process.on("exit", () => stack.#process?.kill("SIGTERM"));
    try {
      await stack.#run("127.0.0.1:0");
      await stack.#waitForHistory();
    } catch (error) {
      await stack.remove();
      throw error;
    }
    return stack;
  }

  // Ends it as a crash would.
  async kill() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  // Starts it again where it was.
  async restart() {
    await this.#run(new URL(this.url).host.replace("localhost", "127.0.0.1"));
  }

  // Makes something go wrong at the simulated exchange.
  async fault(fault) {
    const response = await fetch(`http://${this.#exchange}/sim/v1/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fault),
    });
    if (!response.ok) throw new Error(`fault: ${response.status} ${await response.text()}`);
  }

  async remove() {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  async #run(bind) {
    const binary = process.env.SPREADSCOPE_BIN;
    if (!binary || !existsSync(binary)) {
      throw new Error("SPREADSCOPE_BIN has to name the launcher: cargo build --bin spreadscope");
    }
    const dashboard = process.env.DASHBOARD_DIR ?? join(ROOT, "frontend/dist");
    const args = ["demo", "--bind", bind, "--data-dir", this.#dataDir, "--dashboard-dir", dashboard, ...this.#args];
    this.#process = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.url = await this.#ready();
  }

  // Resolves with the address that the launcher says it is ready at.
  #ready() {
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${why}; its last lines:\n${this.#log.join("\n")}`));
      const timer = setTimeout(() => fail("the stack did not get ready"), START_LIMIT_MS);
      this.#process.once("error", (error) => fail(`the stack cannot be started (${error.message})`));
      this.#process.once("exit", (code, signal) => {
        clearTimeout(timer);
        fail(`the stack has ended (${code ?? signal})`);
      });
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          this.#log.push(line);
          this.#log.splice(0, this.#log.length - LAST_LINES);
          this.#exchange = EXCHANGE.exec(line.replace(COLOURS, ""))?.[1] ?? this.#exchange;
          const ready = READY.exec(line);
          if (ready) {
            clearTimeout(timer);
            resolve(ready[1]);
          }
        });
      }
    });
  }

  // The chart of a first start fills within seconds; the tests look at a full one.
  async #waitForHistory() {
    let status;
    const isFull = async () => {
      // Before the back-fill is planned the status has nothing to say of it: there is one once there are bars of the past.
      await this.get("/api/v1/pairs/analytics?y=ETHUSDT&x=BTCUSDT");
      status = await this.get("/api/v1/status");
      const feed = status.feeds[0];
      return feed?.state === "connected" && feed.backfill === null;
    };
    await until(isFull, { limit: START_LIMIT_MS, pause: 200 }).catch((cause) => {
      throw new Error(`no history: ${JSON.stringify(status)}\n${this.#log.join("\n")}`, { cause });
    });
  }
}
