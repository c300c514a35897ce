// The bell asks for its number every minute, while somebody looks at the page.

import htmx from "htmx.org";

const EVERY = 60_000;
const bell = document.querySelector<HTMLElement>("[data-bell]");

if (bell) {
  const look = () => {
    if (document.visibilityState === "visible") htmx.trigger(bell, "dakehu:look", {});
  };
  window.setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
