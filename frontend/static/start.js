import init from "{{frontend.js}}";

init({ module_or_path: new URL("{{frontend.wasm}}", import.meta.url) });
