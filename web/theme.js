// Loaded before the page is drawn, so that the theme does not change under the reader's eyes.
(() => {
  const key = "wellspring.theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const wanted = () => localStorage.getItem(key) ?? (system.matches ? "dark" : "light");
  const other = () => (root.dataset.theme === "dark" ? "light" : "dark");

  function apply() {
    root.dataset.theme = wanted() === "dark" ? "dark" : "light";
    document.getElementById("theme")?.setAttribute("aria-label", `Use the ${other()} theme`);
  }

  apply();
  system.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", () => {
      localStorage.setItem(key, other());
      apply();
    });
  });
})();
