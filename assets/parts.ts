// Cards that come after the page: one that does not come says so, and can be asked for again.

import htmx from "htmx.org";

const WAITING = ".waiting[hx-get]";

function came(card: HTMLElement, comes: boolean): void {
  card.toggleAttribute("aria-busy", comes);
  if (comes) card.setAttribute("aria-busy", "true");
  for (const line of card.querySelectorAll<HTMLElement>(".coming")) line.hidden = !comes;
  for (const line of card.querySelectorAll<HTMLElement>(".not-come")) line.hidden = comes;
}

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
  document.addEventListener(failure, (event) => {
    if (event.target instanceof HTMLElement && event.target.matches(WAITING))
      came(event.target, false);
  });

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("[data-again]")) return;
  const card = event.target.closest<HTMLElement>(WAITING);
  const url = card?.getAttribute("hx-get");
  if (!card || !url) return;
  came(card, true);
  card.tabIndex = -1;
  card.focus();
  void htmx.ajax("get", url, { source: card, target: card, swap: "outerHTML" });
});
