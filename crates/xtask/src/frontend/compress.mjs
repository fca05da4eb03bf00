// compress.mjs FILE…: writes a .br and a .gz beside each file, as small as they get.
import { readFile, rename, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

// What is interrupted half-way must not be taken for a whole file.
const write = async (path, content) => {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
};

await Promise.all(
  process.argv.slice(2).map(async (path) => {
    const content = await readFile(path);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    };
    const [br, gz] = await Promise.all([brotli(content, { params }), deflate(content, { level: 9 })]);
    await write(`${path}.br`, br);
    await write(`${path}.gz`, gz);
  }),
);
