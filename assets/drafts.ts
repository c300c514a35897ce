// Nothing typed is lost: forms with data-draft keep their content in this window until the server
// has taken it, and closing the window with something unsaved asks first.

import htmx from "htmx.org";
import { showPrepared } from "./toasts";

const PREFIX = "draft:";
const NEVER = new Set(["password", "hidden", "file", "submit", "button"]);
type Draft = { values: [string, string][]; sent: boolean };
let leaving = false;

const keyOf = (form: HTMLFormElement) =>
  `${PREFIX}${form.dataset["draft"] || form.getAttribute("action") || location.pathname}`;

function valuesOf(form: HTMLFormElement): [string, string][] {
  const values: [string, string][] = [];
  for (const input of form.elements) {
    if (input instanceof HTMLInputElement) {
      if (!input.name || NEVER.has(input.type) || input.hasAttribute("data-find")) continue;
      if (input.type !== "checkbox" && input.type !== "radio")
        values.push([input.name, input.value]);
      else if (input.checked) values.push([input.name, input.value]);
    } else if (input instanceof HTMLSelectElement && input.name) {
      for (const option of input.selectedOptions) values.push([input.name, option.value]);
    } else if (input instanceof HTMLTextAreaElement && input.name) {
      values.push([input.name, input.value]);
    }
  }
  return values;
}

function fill(form: HTMLFormElement, values: [string, string][]): void {
  const has = (name: string, value: string) => values.some(([n, v]) => n === name && v === value);
  const one = (name: string) => values.find(([n]) => n === name)?.[1];
  for (const input of form.elements) {
    if (input instanceof HTMLInputElement) {
      if (!input.name || NEVER.has(input.type)) continue;
      if (input.type === "checkbox" || input.type === "radio")
        input.checked = has(input.name, input.value);
      else input.value = one(input.name) ?? input.value;
    } else if (input instanceof HTMLSelectElement) {
      for (const option of input.options) option.selected = has(input.name, option.value);
    } else if (input instanceof HTMLTextAreaElement) {
      input.value = one(input.name) ?? input.value;
    }
  }
}

/** Who was found by a search and chosen is no row of the list yet: the server gives it again. */
function findChosen(form: HTMLFormElement, values: [string, string][]): void {
  for (const list of form.querySelectorAll<HTMLElement>("[data-found]")) {
    const name = list.dataset["found"] ?? "";
    const chosen = values.filter(([one]) => one === name).map(([, value]) => value);
    const url = list.parentElement?.querySelector("[data-find]")?.getAttribute("hx-get");
    const there = (id: string) => list.querySelector(`input[value="${CSS.escape(id)}"]`);
    if (url && !chosen.every(there))
      htmx
        .ajax("get", url, { target: list, swap: "innerHTML", values: { [name]: chosen } })
        .catch(() => undefined);
  }
}

function read(key: string): Draft | null {
  const text = sessionStorage.getItem(key);
  return text === null ? null : (JSON.parse(text) as Draft);
}

function keep(form: HTMLFormElement, sent: boolean): void {
  const draft: Draft = { values: valuesOf(form), sent };
  sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
}

/** What was sent was not taken: it is kept, and brought back with its form. */
function unsent(key: string): void {
  const draft = read(key);
  if (draft) sessionStorage.setItem(key, JSON.stringify({ ...draft, sent: false }));
}

/** Bring back what was typed, unless the server already shows it (a form with errors). */
function restore(form: HTMLFormElement): void {
  const draft = read(keyOf(form));
  if (!draft || form.hasAttribute("data-bound")) return;
  if (JSON.stringify(draft.values) === JSON.stringify(valuesOf(form))) {
    sessionStorage.removeItem(keyOf(form));
    return;
  }
  fill(form, draft.values);
  findChosen(form, draft.values);
  form.dataset["dirty"] = "";
  form.dispatchEvent(new Event("change", { bubbles: true }));
  showPrepared("toast-draft");
}

/** What was sent and whose form is gone has been taken by the server, unless it asks who one is. */
function forget(): void {
  if (!document.body.dataset["person"]) {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) unsent(key);
    return;
  }
  const present = new Set(
    [...document.querySelectorAll<HTMLFormElement>("form[data-draft]")].map(keyOf),
  );
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(PREFIX) && !present.has(key) && read(key)?.sent)
      if (!document.querySelector("[data-refused]")) sessionStorage.removeItem(key);
}

function arrive(within: ParentNode): void {
  for (const form of within.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    restore(form);
    // It came back with a problem: what was sent is a draft again.
    if (form.matches("[data-queue][data-bound]")) keep(form, false);
  }
}

document.addEventListener("input", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-draft]") : null;
  if (!(form instanceof HTMLFormElement)) return;
  form.dataset["dirty"] = "";
  keep(form, false);
});
document.addEventListener("submit", (event) => {
  leaving = true;
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("form[data-draft]")) return;
  // What queue.ts keeps until the server has it would come twice: sent by itself, and as a draft.
  if (form.matches("[data-queue]")) sessionStorage.removeItem(keyOf(form));
  else keep(form, true);
});
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("a[href]")) leaving = true; // the draft stays in this window
  const discard = event.target.closest("[data-discard]")?.closest("form");
  if (discard) sessionStorage.removeItem(keyOf(discard));
  if (event.target.closest("a[data-back]") && history.length > 1) {
    event.preventDefault();
    history.back();
  }
});
addEventListener("beforeunload", (event) => {
  if (!leaving && document.querySelector("form[data-dirty]")) event.preventDefault();
});
addEventListener("pageshow", () => {
  leaving = false;
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { requestConfig, xhr } = (event as CustomEvent).detail;
  const form: unknown = requestConfig?.elt;
  if (!(form instanceof HTMLFormElement) || !form.matches("form[data-draft]")) return;
  if (xhr.status >= 400 && xhr.status !== 422) unsent(keyOf(form));
});
// What the server has taken out of a form that stays on the page is no draft any more.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, xhr } = (event as CustomEvent).detail;
  const form: unknown = requestConfig?.elt;
  if (!(form instanceof HTMLFormElement) || !form.matches("form[data-draft]")) return;
  if (xhr.status < 400) sessionStorage.removeItem(keyOf(form));
});
document.addEventListener("htmx:afterSwap", (event) => {
  leaving = false;
  if (event.target instanceof Element) arrive(event.target);
});
forget();
arrive(document);
