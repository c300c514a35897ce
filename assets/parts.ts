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

// A card that follows the record hears of a change only once it stands: if the record was changed
// while its answer was on the way, it is asked for once more.
let changes = 0;
const seen = new WeakMap<XMLHttpRequest, number>();
const requestOf = (event: Event) =>
  event instanceof CustomEvent ? (event.detail as { xhr?: XMLHttpRequest }).xhr : undefined;

document.addEventListener("record:changed", () => {
  changes += 1;
});
document.addEventListener("htmx:beforeSend", (event) => {
  const request = requestOf(event);
  if (request) seen.set(request, changes);
});
document.addEventListener("htmx:afterSettle", (event) => {
  const request = requestOf(event);
  const before = request && seen.get(request);
  if (before === undefined || before === changes || !(event.target instanceof Element)) return;
  // A refusal stands in its card: asking again would wipe it off.
  if (request && request.status >= 400) return;
  const follows = "[hx-get][hx-trigger*='record:changed']";
  for (const card of [event.target, ...event.target.querySelectorAll(follows)])
    if (card.matches(follows))
      void htmx.ajax("get", card.getAttribute("hx-get") ?? "", {
        source: card,
        target: card,
        swap: card.getAttribute("hx-swap") ?? "innerHTML",
      });
});
