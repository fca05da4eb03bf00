import init from "{{frontend.js}}";

init({ module_or_path: new URL("{{frontend.wasm}}", import.meta.url) }).catch((error) => {
  console.error(error);
  document.documentElement.setAttribute("data-boot", "crashed");
});
