// Writes a .br and a .gz beside each file named on the command line, at the strongest level.
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

await Promise.all(
  process.argv.slice(2).map(async (path) => {
    const content = await readFile(path);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    };
    const [br, gz] = await Promise.all([brotli(content, { params }), deflate(content, { level: 9 })]);
    // The .gz comes last: where it is, both are.
    await writeFile(`${path}.br`, br);
    await writeFile(`${path}.gz`, gz);
  }),
);
