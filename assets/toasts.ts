// Toasts: prepared ones stand in <template>s with their words; good news leaves by itself.

const STAY = 7000;

function watch(toast: HTMLElement): void {
  if (!toast.classList.contains("good")) return;
  const leave = () => {
    if (toast.matches(":hover, :focus-within")) window.setTimeout(leave, STAY);
    else toast.remove();
  };
  window.setTimeout(leave, STAY);
}

/** Show the toast that stands ready in a template of the page. */
export function showPrepared(id: string): void {
  const template = document.getElementById(id);
  const place = document.getElementById("toasts");
  if (!(template instanceof HTMLTemplateElement) || !place) return;
  // Parts of a page fail together: what is being said already is not said again.
  const said = template.content.textContent?.trim();
  const toasts = [...place.querySelectorAll("[data-toast]")];
  if (toasts.some((toast) => toast.textContent?.trim() === said)) return;
  place.append(template.content.cloneNode(true));
}

const place = document.getElementById("toasts");
if (place) {
  for (const toast of place.querySelectorAll<HTMLElement>("[data-toast]")) watch(toast);
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) if (node instanceof HTMLElement) watch(node);
  }).observe(place, { childList: true });
  place.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-dismiss]"))
      event.target.closest("[data-toast]")?.remove();
  });
  // What was taken back can't be taken back again.
  place.addEventListener("htmx:afterRequest", (event) => {
    if (!(event as CustomEvent).detail.successful || !(event.target instanceof Element)) return;
    event.target.closest("form, .toast-undo")?.closest("[data-toast]")?.remove();
  });
}
