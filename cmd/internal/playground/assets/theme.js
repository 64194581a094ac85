// Runs before the first paint, so that no theme flashes: the stored choice, else what the system prefers.
// The page needs JavaScript anyway, so the style sheet knows one switch: data-theme on the root.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.documentElement.dataset.theme = localStorage.getItem("play.theme") ?? (dark.matches ? "dark" : "light");
  };
  dark.addEventListener("change", follow);
  addEventListener("theme", follow);
  addEventListener("storage", follow);
  follow();
})();
