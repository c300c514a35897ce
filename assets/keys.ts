// The keyboard: the list that people see under "?" stands in http/keys.py.

import { openPalette } from "./palette";

const PAUSE = 1200;
let going = 0;

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])"));

const visible = (selector: string) =>
  [...document.querySelectorAll<HTMLElement>(selector)].find((e) => e.offsetParent !== null);

function search(): boolean {
  const field = visible("[data-filter]");
  if (!field) return openPalette();
  if (field instanceof HTMLInputElement) field.select();
  field.focus();
  return true;
}

function click(selector: string): boolean {
  const found = visible(selector);
  found?.click();
  return Boolean(found);
}

function help(): boolean {
  const keys = document.querySelector<HTMLDialogElement>("#keys");
  if (keys && !keys.open) keys.showModal();
  return Boolean(keys);
}

function pressed(key: string): boolean {
  const second = Date.now() - going < PAUSE;
  going = 0;
  if (second) {
    const link = document.querySelector<HTMLElement>(`[data-go="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  }
  if (key === "g") going = Date.now();
  if (key === "/") return search();
  if (key === "?") return help();
  if (key === "n") return click("[data-new]");
  if (key === "e") return click("[data-edit]");
  if (key === "l") return click("[data-log-key]");
  if (key === "p") return click("[data-pin]");
  if (key === "f") return click("[data-follow]");
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    if (openPalette()) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (pressed(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-keys]")) help();
});
