// Figures of a pair by statsmodels, the reference that people know. Without it the tests that compare say so and do not run.
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), "recompute.py");
const PYTHON = process.env.PYTHON_STATSMODELS ?? "python3";

export const isThere = spawnSync(PYTHON, ["-c", "import statsmodels"], { stdio: "ignore" }).status === 0;

// A reason for the test runner, which it also leaves in the list of what did not run.
export function whyNot(name) {
  if (isThere) return false;
  const reason = `${PYTHON} has no statsmodels (PYTHON_STATSMODELS names a Python that has it)`;
  if (process.env.TEST_SKIPS) appendFileSync(process.env.TEST_SKIPS, `browser: ${name}: ${reason}\n`);
  return reason;
}

export function recompute(csv, params) {
  const folder = mkdtempSync(join(tmpdir(), "spreadscope-recompute-"));
  try {
    const file = join(folder, "pair.csv");
    writeFileSync(file, csv);
    return JSON.parse(execFileSync(PYTHON, [SCRIPT, file, JSON.stringify(params)], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
