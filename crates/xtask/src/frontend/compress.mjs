// compress.mjs QUALITY FILE…: writes a .br and a .gz beside each file; quality 1 (quick) to 11 (small).
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

const [quality, ...files] = process.argv.slice(2);

await Promise.all(
  files.map(async (path) => {
    const content = await readFile(path);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: Number(quality),
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    };
    const [br, gz] = await Promise.all([brotli(content, { params }), deflate(content, { level: Math.min(quality, 9) })]);
    // The .gz comes last: where it is, both are.
    await writeFile(`${path}.br`, br);
    await writeFile(`${path}.gz`, gz);
  }),
);
