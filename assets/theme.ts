// Runs before anything is painted: the automatic theme follows the machine.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => {
  if (root.dataset["theme"] === "auto") root.dataset["bsTheme"] = dark.matches ? "dark" : "light";
};
follow();
dark.addEventListener("change", follow);
