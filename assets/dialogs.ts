// One <dialog>: links with data-dialog open their page in it, forms inside answer into it.
// Without scripts, or in a new tab, the same links lead to the same pages in the frame.

import htmx from "htmx.org";

const dialog = document.querySelector<HTMLDialogElement>("#dialog");
const content = document.querySelector<HTMLElement>("#dialog-content");
const toasts = document.querySelector<HTMLElement>("#toasts");

/** Where one would begin to type. */
const TYPED =
  "form input:is([type=text], [type=number], [type=search], :not([type])), form textarea, form select";

/** Open a page of ours in the dialog. */
export function openInDialog(url: string): void {
  if (!dialog || !content) return;
  // Without connection no dialog comes: the page that stands ready can log as well.
  const { log, offline, about } = document.body.dataset;
  if (!navigator.onLine && log && offline && url.startsWith(log)) {
    location.assign(offline);
    return;
  }
  // The log starts from the record that the page is about.
  const asked = url === log && about ? `${url}?${about}` : url;
  dialog.dataset["url"] = asked;
  dialog.setAttribute("aria-busy", "true");
  // What goes wrong on the way is told by exchange.ts; here the dialog only stops waiting.
  htmx
    .ajax("get", asked, { target: content, swap: "innerHTML" })
    .catch(() => dialog.removeAttribute("aria-busy"));
}

// Cancel leads back where a page has no dialog; here it only closes.
dialog?.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("a[data-close]")) return;
  event.preventDefault();
  dialog.close();
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const link = event.target instanceof Element ? event.target.closest("a[data-dialog]") : null;
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  openInDialog(link.getAttribute("href") ?? "");
});

if (dialog && content) {
  content.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== content) return;
    dialog.removeAttribute("aria-busy");
    for (const form of content.querySelectorAll<HTMLFormElement>("form:not([method=dialog])")) {
      if (!form.getAttribute("action")) form.setAttribute("action", dialog.dataset["url"] ?? "");
      form.setAttribute("hx-boost", "true");
      // Boosted is what the form sends; its links are links.
      for (const link of form.querySelectorAll("a[href]:not([hx-get])"))
        link.setAttribute("hx-boost", "false");
      htmx.process(form);
    }
    if (!dialog.open) dialog.showModal();
    // What lies outside a modal dialog can be neither seen well nor clicked: toasts come along.
    if (toasts) dialog.append(toasts);
    const first = content.querySelector<HTMLElement>("[autofocus], [aria-invalid=true]");
    // A keyboard on the glass would hide half of the dialog before it was read.
    const typed = matchMedia("(hover: hover)").matches
      ? content.querySelector<HTMLElement>(TYPED)
      : null;
    (first ?? typed)?.focus();
  });
  // A click on the ground beside the dialog closes it, unless something was typed.
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !dialog.querySelector("form[data-dirty]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (toasts) document.body.append(toasts);
    content.replaceChildren();
  });
}
for (const other of document.querySelectorAll<HTMLDialogElement>("dialog:not(#dialog)"))
  other.addEventListener("pointerdown", (event) => {
    if (event.target === other) other.close();
  });
