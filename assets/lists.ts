// Lists: rows are gone through with j and k, picked with x or a shift-click, opened with Enter;
// columns are put in order by dragging or with arrows; a filter gets a new line as the last is used.

import htmx from "htmx.org";

const table = () => document.querySelector<HTMLTableElement>("table[data-grid]");
const picks = () => [...(table()?.querySelectorAll<HTMLInputElement>("input.pick") ?? [])];
const bar = () => document.querySelector<HTMLElement>("[data-picked]");
let last: HTMLInputElement | null = null;
/** The whole selection is meant, and not only what is ticked on this page. */
let every = false;

function show(): void {
  const all = picks();
  const ticked = all.filter((pick) => pick.checked);
  for (const pick of all) pick.closest("tr")?.classList.toggle("is-picked", pick.checked);
  const head = table()?.querySelector<HTMLInputElement>("input[data-page]");
  if (head) {
    head.checked = ticked.length > 0 && ticked.length === all.length;
    head.indeterminate = ticked.length > 0 && ticked.length < all.length;
  }
  const here = bar();
  if (!here) return;
  const whole = here.querySelector<HTMLElement>("[data-every]");
  here.hidden = !ticked.length;
  here.classList.toggle("is-every", every);
  const count = every ? (whole?.dataset["every"] ?? "") : String(ticked.length);
  const told = here.querySelector<HTMLElement>("[data-count]");
  if (told) told.textContent = count;
  const said = here.querySelector<HTMLElement>("[data-said]");
  if (said) said.textContent = ticked.length ? count : "";
  if (whole) whole.hidden = every || Number(whole.dataset["every"]) <= ticked.length;
  const link = here.querySelector<HTMLAnchorElement>("[data-bulk]");
  if (!link) return;
  const asked = new URLSearchParams(every ? (link.dataset["query"] ?? "") : "");
  if (every) asked.set("all", "1");
  else for (const pick of ticked) asked.append("pick", pick.value);
  link.href = `${link.dataset["url"]}?${asked}`;
}

function range(to: HTMLInputElement): void {
  const all = picks();
  const from = last ? all.indexOf(last) : -1;
  if (from < 0) return;
  const [low, high] = [from, all.indexOf(to)].sort((a, b) => a - b) as [number, number];
  for (const pick of all.slice(low, high + 1)) pick.checked = to.checked;
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (!(target instanceof Element)) return;
  if (target instanceof HTMLInputElement && target.matches("input.pick")) {
    if (event.shiftKey) range(target);
    last = target;
    every = false;
    show();
  } else if (target instanceof HTMLInputElement && target.matches("input[data-page]")) {
    for (const pick of picks()) pick.checked = target.checked;
    every = false;
    show();
  } else if (target.closest("[data-every]")) {
    every = true;
    for (const pick of picks()) pick.checked = true;
    show();
  } else if (target.closest("[data-none]")) {
    none();
  } else if (event.shiftKey && target.closest("td.picks")) {
    target.closest("td.picks")?.querySelector<HTMLInputElement>("input")?.click();
  }
});

function none(): void {
  for (const pick of picks()) pick.checked = false;
  every = false;
  show();
}

/** The row that the keys stand on: that of the box which has the focus. */
function move(by: number): boolean {
  const all = picks();
  if (!all.length) return false;
  const row = document.activeElement?.closest("tr[data-row]");
  const here = all.findIndex((pick) => pick.closest("tr") === row);
  const next = all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)];
  next?.focus();
  next?.closest("tr")?.scrollIntoView({ block: "nearest" });
  return true;
}

function pressed(key: string): boolean {
  const focus = document.activeElement;
  const onPick = focus instanceof HTMLInputElement && focus.matches("input.pick");
  if (key === "j" || (onPick && key === "ArrowDown")) return move(1);
  if (key === "k" || (onPick && key === "ArrowUp")) return move(-1);
  if (key === "Escape" && picks().some((pick) => pick.checked)) {
    none();
    return true;
  }
  if (!onPick) return false;
  if (key === "x") {
    focus.click();
    return true;
  }
  if (key !== "Enter") return false;
  focus.closest("tr")?.querySelector<HTMLAnchorElement>("th a[href]")?.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || !table()) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target instanceof HTMLElement) {
    if (target.isContentEditable || target.matches("textarea, select")) return;
    if (target.matches("input:not([type=checkbox], [type=radio])")) return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (pressed(event.key)) event.preventDefault();
});
addEventListener("pageshow", show);
document.addEventListener("htmx:afterSwap", show);

// The order of columns.

function moved(item: HTMLElement, by: number): void {
  const list = item.parentElement;
  const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!list || !other?.hasAttribute("draggable")) return;
  if (by < 0) other.before(item);
  else other.after(item);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-move]") : null;
  const item = button?.closest<HTMLElement>("li[data-key]");
  if (!(button instanceof HTMLElement) || !item) return;
  moved(item, Number(button.dataset["move"]));
  button.focus();
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const focus = event.target instanceof Element ? event.target : null;
  const item = focus?.closest<HTMLElement>("[data-columns] li[draggable]");
  if (!item || !(focus instanceof HTMLElement)) return;
  event.preventDefault();
  moved(item, event.key === "ArrowUp" ? -1 : 1);
  focus.focus();
});

let dragged: HTMLElement | null = null;
document.addEventListener("dragstart", (event) => {
  const item =
    event.target instanceof Element
      ? event.target.closest<HTMLElement>("[data-columns] li[draggable]")
      : null;
  if (!item) return;
  dragged = item;
  item.classList.add("is-dragged");
  event.dataTransfer?.setData("text/plain", item.dataset["key"] ?? "");
});
document.addEventListener("dragover", (event) => {
  const over =
    event.target instanceof Element
      ? event.target.closest<HTMLElement>("[data-columns] li[draggable]")
      : null;
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
});

// The lines of a filter: as the last one is used, another comes after it.

document.addEventListener("change", (event) => {
  const select = event.target;
  if (!(select instanceof HTMLSelectElement) || !select.name.endsWith("_field")) return;
  const lines = [...(select.closest("[data-conds]")?.querySelectorAll("[data-line]") ?? [])];
  const line = select.closest<HTMLElement>("[data-line]");
  const url = select.getAttribute("hx-get")?.split("?")[0];
  if (!line || !url || line !== lines.at(-1) || !select.value || lines.length >= 20) return;
  const place = line.parentElement;
  if (place)
    htmx
      .ajax("get", `${url}?n=${lines.length}`, { target: place, swap: "beforeend" })
      .catch(() => undefined);
});
