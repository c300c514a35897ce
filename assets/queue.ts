// Forms with data-queue lose nothing without a connection: they are kept until the server has them.
// The frame shows how many wait; a click shows which.

import { showPrepared } from "./toasts";
import { type Draft, drafts, drop, field, fieldsOf, keep, person, send } from "./waiting";

const EVERY = 30_000;
const url = document.body.dataset["log"] ?? "";

const queued = (target: EventTarget | null): HTMLFormElement | null =>
  target instanceof HTMLFormElement && target.matches("form[data-queue]") ? target : null;

const keyOf = (form: HTMLFormElement) => String(new FormData(form).get("client_key") ?? "");

function token(): string {
  const headers = document.body.getAttribute("hx-headers");
  return headers
    ? String((JSON.parse(headers) as Record<string, string>)["X-CSRFToken"] ?? "")
    : "";
}

function show(): void {
  const waiting = drafts().length;
  for (const chip of document.querySelectorAll<HTMLElement>("[data-waiting]")) {
    chip.hidden = waiting === 0;
    const count = chip.querySelector("[data-waiting-count]");
    if (count) count.textContent = String(waiting);
  }
}

function kept(form: HTMLFormElement): void {
  const dialog = form.closest("dialog");
  delete form.dataset["dirty"];
  sessionStorage.removeItem(`draft:${form.dataset["draft"] ?? ""}`);
  if (dialog) dialog.close();
  else form.reset();
  showPrepared("toast-kept");
}

async function sendAll(): Promise<void> {
  if (!url || !navigator.onLine || !drafts().length) return;
  const { taken } = await send(url, token());
  if (taken) {
    showPrepared("toast-sent");
    document.dispatchEvent(new Event("waiting:sent"));
  }
}

// Kept before it is sent: a tab that dies in between loses nothing either.
document.addEventListener(
  "submit",
  (event) => {
    const form = queued(event.target);
    if (!form) return;
    const written: [string, string] = ["written_at", new Date().toISOString()];
    keep({ key: keyOf(form), fields: [...fieldsOf(form), written] });
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept(form);
  },
  true,
);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const form = queued(event.target);
  const xhr: XMLHttpRequest = (event as CustomEvent).detail.xhr;
  // Taken, or refused in words that the form shows. Anything else, a log-in that has run out among
  // it, leaves the draft waiting.
  if (form && xhr.getResponseHeader("X-Draft")) drop(keyOf(form));
});
document.addEventListener("htmx:sendError", (event) => {
  const form = queued(event.target);
  if (form) kept(form);
});

const box = document.querySelector<HTMLDialogElement>("#waiting");
const rows = document.querySelector<HTMLElement>("[data-waiting-rows]");
const row = document.querySelector<HTMLTemplateElement>("#waiting-row");

function said(draft: Draft): string {
  return [field(draft, "line"), field(draft, "subject"), field(draft, "result")]
    .filter(Boolean)
    .join(" · ");
}

function fill(): void {
  if (!rows || !row) return;
  rows.replaceChildren(
    ...drafts().map((draft) => {
      const line = row.content.cloneNode(true) as DocumentFragment;
      const words = line.querySelector("[data-said]");
      if (words) words.textContent = said(draft);
      const why = line.querySelector("[data-why]");
      if (why) why.textContent = (draft.refused ?? []).join(" ");
      const open = line.querySelector<HTMLAnchorElement>("[data-open]");
      if (open) {
        const asked = new URLSearchParams();
        for (const name of [
          "line",
          "result",
          "opportunity",
          "account",
          "client_key",
          "written_on",
          "finishes_step",
        ])
          if (field(draft, name)) asked.set(name, field(draft, name));
        open.href = `${url}?${asked}`;
      }
      line.querySelector("[data-drop]")?.addEventListener("click", () => drop(draft.key));
      return line;
    }),
  );
  if (!drafts().length) box?.close();
}

document.addEventListener("waiting:changed", () => {
  show();
  if (box?.open) fill();
});
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("[data-waiting]")) {
    fill();
    box?.showModal();
  }
  if (event.target.closest("[data-send-waiting]")) void sendAll();
});
addEventListener("storage", show);
addEventListener("online", () => void sendAll());

if (url) {
  person();
  // A page that shows the form again with its errors has this draft: it does not wait.
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-queue][data-bound]"))
    drop(keyOf(form));
  show();
  void sendAll();
  window.setInterval(() => void sendAll(), EVERY);
}
