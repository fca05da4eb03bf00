// The README's pictures, made of the tests' screenshots: npm run pictures, after npm test.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { SCREENSHOTS } from "./support/looks.mjs";

const IMAGES = join(dirname(fileURLToPath(import.meta.url)), "../docs/images");
// All of them together stay below 300 kB.
const PICTURES = [
  { of: "pair-dark-1440", width: 1440, quality: 0.72 },
  { of: "pair-light-1440", width: 1440, quality: 0.55 },
  { of: "watchlist-dark-1440", width: 1100, quality: 0.6 },
  { of: "scanner-dark-1440", width: 1100, quality: 0.5 },
  { of: "backtest-dark-1440", width: 1100, quality: 0.5 },
  { of: "alerts-dark-1440", width: 1100, quality: 0.6 },
  { of: "data-light-1440", width: 1100, quality: 0.6 },
];
const MOST_BYTES = 300_000;

// Runs in the browser: it scales well, and it writes WebP.
const shrink = async ({ png, width, quality, height }) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = width / image.width;
  canvas.width = width;
  canvas.height = Math.round(Math.min(image.height, height ?? image.height) * scale);
  const paper = canvas.getContext("2d");
  paper.imageSmoothingQuality = "high";
  paper.drawImage(image, 0, 0, width, image.height * scale);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  mkdirSync(IMAGES, { recursive: true });
  const page = await browser.newPage();
  let total = 0;
  for (const { of, ...how } of PICTURES) {
    const png = readFileSync(join(SCREENSHOTS, `${of}.png`)).toString("base64");
    const file = join(IMAGES, `${of}.webp`);
    writeFileSync(file, Buffer.from(await page.evaluate(shrink, { png, ...how }), "base64"));
    total += statSync(file).size;
    console.log(`${file}: ${(statSync(file).size / 1000).toFixed(1)} kB`);
  }
  console.log(`${(total / 1000).toFixed(1)} kB together`);
  if (total > MOST_BYTES) process.exitCode = 1;
} finally {
  await browser.close();
}
