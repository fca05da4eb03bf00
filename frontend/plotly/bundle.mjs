// bundle.mjs FILE: writes Plotly.js with what the charts use and nothing else, as the global `Plotly`.
//
// The smallest bundle that is published holds traces and components that no chart here has, a seventh of what is downloaded.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Plotly's core registers them, and asks each for what it does: for nothing, once it is empty.
const LEFT_OUT = [
  "annotations",
  "annotations3d",
  "colorbar",
  "errorbars",
  "grid",
  "images",
  "rangeselector",
  "rangeslider",
  "sliders",
  "updatemenus",
];
const CORE = /\/plotly\.js\/src\/core\.js$/;
const COMPONENT = new RegExp(`/plotly\\.js/src/components/(${LEFT_OUT.join("|")})/index\\.js$`);

const leaveOut = {
  name: "leave-out",
  setup({ onLoad, onEnd }) {
    onLoad({ filter: COMPONENT }, ({ path }) => {
      const [, name] = COMPONENT.exec(path);
      return { contents: `module.exports = { moduleType: "component", name: "${name}" };` };
    });
    // Whoever takes a component by its file would call what is not there, and only when somebody uses the chart.
    onEnd(({ metafile }) => {
      const users = Object.entries(metafile?.inputs ?? {}).flatMap(([user, { imports }]) =>
        imports.flatMap(({ path }) => {
          const [, name] = COMPONENT.exec(path) ?? [];
          return name ? [{ name, user }] : [];
        }),
      );
      const direct = users.filter(({ user }) => !CORE.test(user));
      const gone = LEFT_OUT.filter((name) => !users.some((use) => use.name === name));
      const errors = [
        ...direct.map(({ name, user }) => `${user} needs ${name}, which is left out`),
        ...gone.map((name) => `Plotly.js has no component ${name} any more`),
      ];
      return { errors: errors.map((text) => ({ text })) };
    });
  },
};

await build({
  entryPoints: [fileURLToPath(new URL("charts.js", import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  metafile: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2020",
  define: { global: "window", "define.amd": "false" },
  // Style sheets of maps.
  loader: { ".css": "empty" },
  legalComments: "eof",
  plugins: [leaveOut],
  logLevel: "warning",
});
