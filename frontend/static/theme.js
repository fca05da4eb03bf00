// Runs before the first paint, so that a reload does not flash in the other theme.
(() => {
  let theme = "system";
  try {
    theme = JSON.parse(localStorage.getItem("spreadscope.settings")).theme;
  } catch {
    // Nothing stored yet, or storage is closed to the page.
  }
  if (theme !== "dark" && theme !== "light") {
    theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }
  document.documentElement.setAttribute("data-theme", theme);
})();
