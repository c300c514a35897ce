// The search and command palette: a combobox over the list that /search/ answers with.

import htmx from "htmx.org";
import { openInDialog } from "./dialogs";

const PAUSE = 90;
const dialog = document.querySelector<HTMLDialogElement>("#palette");
const input = document.querySelector<HTMLInputElement>("#palette-input");
const list = document.querySelector<HTMLElement>("#palette-results");
const said = dialog?.querySelector<HTMLElement>("[data-palette-said]");
const failed = dialog?.querySelector<HTMLElement>(".palette-failed");

let asking: AbortController | null = null;
let waiting = 0;
// Enter before the answer has come is done when it comes.
let pressed: "here" | "new tab" | null = null;
/** The record whose actions are shown, and what was typed before. */
let of = "";
let before = "";

const options = () =>
  list ? [...list.querySelectorAll<HTMLElement>("[role=option]:not([aria-disabled])")] : [];
const chosen = () => list?.querySelector<HTMLElement>("[role=option][aria-selected=true]") ?? null;

/** Open the palette with something typed already; tell if there is one on this page. */
export function openPalette(text = ""): boolean {
  if (!dialog || !input || !list) return false;
  if (dialog.open) {
    input.select();
    return true;
  }
  // A dialog that something is typed in stays; another one makes room.
  const other = document.querySelector<HTMLDialogElement>("dialog[open]");
  if (other?.querySelector("form[data-dirty]")) return false;
  other?.close();
  input.value = text;
  of = "";
  list.replaceChildren();
  dialog.showModal();
  input.focus();
  ask();
  return true;
}

function ask(): void {
  if (!dialog || !input) return;
  window.clearTimeout(waiting);
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const here = location.pathname + location.search;
  const query = new URLSearchParams(of ? { of, here } : { q: input.value, here });
  fetch(`${dialog.dataset["url"]}?${query}`, {
    headers: { "HX-Request": "true", "HX-Target": "palette-results" },
    signal: mine.signal,
  })
    .then(async (answer) => {
      if (answer.headers.has("HX-Redirect")) location.reload(); // signed out meanwhile
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (asking === mine) show(html);
    })
    .catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (asking !== mine) return;
      asking = null;
      pressed = null;
      if (failed) failed.hidden = false;
    });
}

function show(html: string): void {
  if (!list) return;
  asking = null;
  if (failed) failed.hidden = true;
  const parsed = new DOMParser().parseFromString(html, "text/html");
  list.replaceChildren(...parsed.body.children);
  list.scrollTop = 0;
  htmx.process(list);
  if (said)
    said.textContent = list.querySelector<HTMLElement>("[data-said]")?.dataset["said"] ?? "";
  choose(options()[0] ?? null);
  const how = pressed;
  pressed = null;
  if (how) go(how === "new tab");
}

function choose(option: HTMLElement | null): void {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) input?.setAttribute("aria-activedescendant", option.id);
  else input?.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function step(by: number): void {
  const every = options();
  const at = every.indexOf(chosen() as HTMLElement);
  const next = every[(at + by + every.length) % every.length];
  if (next) choose(next);
}

function go(newTab: boolean): void {
  const option = chosen();
  if (!option || !dialog) return;
  const url = option.getAttribute("href") ?? "";
  if (newTab && option instanceof HTMLAnchorElement) {
    window.open(option.href, "_blank", "noopener");
    return;
  }
  if (option.hasAttribute("data-dialog")) {
    dialog.close();
    openInDialog(url);
    return;
  }
  option.click();
}

/** Show what can be done with the chosen record; tell if it has anything. */
function showActions(): boolean {
  const record = chosen()?.dataset["of"];
  if (!record || of || !input) return false;
  before = input.value;
  of = record;
  input.value = "";
  ask();
  return true;
}

function back(): boolean {
  if (!of || !input) return false;
  of = "";
  input.value = before;
  ask();
  return true;
}

function typed(): void {
  of = "";
  window.clearTimeout(waiting);
  asking?.abort();
  // From here on the list shown is of something else.
  asking = new AbortController();
  waiting = window.setTimeout(ask, PAUSE);
}

function keyed(event: KeyboardEvent): boolean {
  const atEnd = input?.selectionStart === input?.value.length;
  switch (event.key) {
    case "ArrowDown":
      step(1);
      return true;
    case "ArrowUp":
      step(-1);
      return true;
    case "Enter": {
      const newTab = event.ctrlKey || event.metaKey;
      if (asking) pressed = newTab ? "new tab" : "here";
      else go(newTab);
      return true;
    }
    case "ArrowRight":
      return atEnd && showActions();
    case "Tab":
      return !event.shiftKey && showActions();
    case "ArrowLeft":
    case "Backspace":
      return input?.value === "" && back();
    case "Escape":
      return back();
  }
  return false;
}

if (dialog && input && list) {
  input.addEventListener("input", (event) => {
    // A Chinese input method is left to finish its word.
    if (!(event as InputEvent).isComposing) typed();
  });
  input.addEventListener("compositionend", typed);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (keyed(event)) event.preventDefault();
  });
  dialog.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
  dialog.querySelector("[data-palette-close]")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    asking?.abort();
    asking = null;
    pressed = null;
    window.clearTimeout(waiting);
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (option instanceof HTMLElement && option !== chosen()) choose(option);
  });
  list.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const more = event.target.closest("[data-palette-of]");
    const option = event.target.closest<HTMLElement>("[role=option]");
    if (more && option) {
      event.preventDefault();
      event.stopPropagation();
      choose(option);
      showActions();
      input.focus();
      return;
    }
    // Links to dialogs are opened by dialogs.ts: two modal ones would stand on each other.
    if (option?.hasAttribute("data-dialog") && !event.ctrlKey && !event.metaKey) dialog.close();
  });
}

const field = document.querySelector<HTMLInputElement>("[data-search]");
if (field && dialog) {
  field.addEventListener("click", () => openPalette(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      openPalette(field.value);
    }
  });
  field.addEventListener("input", (event) => {
    if ((event as InputEvent).isComposing) return;
    const text = field.value;
    field.value = "";
    openPalette(text);
  });
}
