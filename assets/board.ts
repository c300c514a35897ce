// The board: cards move by mouse, by keyboard, or by the sheet; the server decides, and a card
// that it refuses goes back to where it was.

import htmx from "htmx.org";
import Sortable from "sortablejs";

type Pending = { card: HTMLElement; list: HTMLElement; next: Element | null; asking: boolean };
type Placed = { id: number; column: string; refused: boolean };
type Picked = { card: HTMLElement; targets: HTMLElement[]; at: number };

const LETTERS: Record<string, string> = { won: "w", lost: "l", abandoned: "a" };
const PHONE = "(max-width: 760px)";
const pending = new Map<string, Pending>();
let picked: Picked | null = null;

const board = () => document.querySelector<HTMLElement>("[data-board]");
const columnOf = (element: Element) => element.closest<HTMLElement>("[data-column]");
const listOf = (column: Element) => column.querySelector<HTMLElement>("[data-cards]");
const cardOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("[data-card]") : null;
const linkOf = (card: Element) => card.querySelector<HTMLElement>(".board-name");
const cardsOf = (column: Element) => [...column.querySelectorAll<HTMLElement>("[data-card]")];
const columns = () => [...document.querySelectorAll<HTMLElement>("[data-board] > [data-column]")];
const everywhere = () => [
  ...columns(),
  ...document.querySelectorAll<HTMLElement>("[data-zones] > [data-column]"),
];
const nameOf = (element: Element | null) =>
  (
    element?.querySelector(".board-title, .board-zone > b, :scope > b") ??
    element?.querySelector(".board-name")
  )?.textContent?.trim() ?? "";

/** Say to who cannot see the board what happens, in the words of the page. */
function say(key: string, card: Element, column: Element | null): void {
  const live = document.getElementById("board-live");
  const words = key === "aims" ? "{column}" : board()?.getAttribute(`data-say-${key}`);
  if (!live || !words) return;
  live.textContent = words
    .replace("{name}", linkOf(card)?.textContent?.trim() ?? "")
    .replace("{column}", nameOf(column));
}

/** Tell whether the card may go to a column: by its rights, forward, back, or by an outcome. */
function allowed(card: HTMLElement, to: HTMLElement | null): boolean {
  const from = columnOf(card);
  const may = card.dataset["may"] ?? "";
  if (!to || to === from || !to.hasAttribute("data-takes")) return false;
  const outcome = LETTERS[to.dataset["column"] ?? ""];
  if (outcome) return may.includes(outcome);
  switch (board()?.dataset["by"]) {
    case "stage": {
      const order = columns();
      const forward = from !== null && order.indexOf(to) > order.indexOf(from);
      return may.includes(forward ? "f" : "b");
    }
    case "owner":
      return may.includes("r");
    default:
      return may.includes("e");
  }
}

/** Put the card where it shall go, and ask the server; it comes back where that refuses. */
function send(card: HTMLElement, to: HTMLElement, came: Omit<Pending, "card" | "asking">): void {
  const id = card.dataset["card"] ?? "";
  const url = card.querySelector<HTMLAnchorElement>(".board-move")?.getAttribute("href");
  const list = listOf(to);
  if (!url || !list) return;
  list.prepend(card);
  card.setAttribute("aria-busy", "true");
  pending.set(id, { card, ...came, asking: false });
  say("dropped", card, to);
  const values = { to: to.dataset["column"] ?? "", seen: card.dataset["version"] ?? "" };
  htmx
    .ajax("post", url, { source: "#board-arrived", target: "#board-arrived", swap: "none", values })
    .catch(() => undefined)
    .finally(() => {
      const left = pending.get(id);
      if (left && !left.asking) takeBack(id);
    });
}

/** Put a card back where it was. */
function takeBack(id: string): void {
  const left = pending.get(id);
  if (!left) return;
  pending.delete(id);
  left.list.insertBefore(left.card, left.next?.parentElement === left.list ? left.next : null);
  left.card.removeAttribute("aria-busy");
  const focused = document.activeElement;
  if (!focused || focused === document.body) linkOf(left.card)?.focus();
  say("back", left.card, columnOf(left.card));
  tidy();
}

/** Take the card as the server knows it now into its column, or off the board. */
function place({ id, column, refused }: Placed): void {
  const arrived = document.querySelector<HTMLElement>(`#board-arrived > [data-card="${id}"]`);
  const old = document.querySelector<HTMLElement>(
    `[data-column] > [data-cards] > [data-card="${id}"]`,
  );
  const left = pending.get(String(id));
  const focused = old?.contains(document.activeElement) || left !== undefined;
  pending.delete(String(id));
  const home = column
    ? document.querySelector<HTMLElement>(`[data-board] > [data-column="${CSS.escape(column)}"]`)
    : null;
  const list = home && listOf(home);
  if (arrived && list) {
    if (old && old.parentElement === list) old.replaceWith(arrived);
    else list.prepend(arrived);
    if (old?.isConnected) old.remove();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) arrived.classList.add("landed");
    say("placed", arrived, home);
  } else if (old) {
    say("gone", old, null);
    old.remove();
  }
  if (!refused) document.querySelector("#toasts [data-undo] ~ [data-undo]")?.remove();
  closeDialog();
  tidy();
  if (focused && arrived?.isConnected) linkOf(arrived)?.focus();
}

function closeDialog(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#dialog");
  if (dialog?.open) dialog.close();
}

/** One card of a column is reached by Tab, the others by arrows. */
function tidy(): void {
  for (const column of columns()) {
    const links = cardsOf(column).map(linkOf);
    const current = links.find((link) => link?.tabIndex === 0) ?? links[0];
    for (const link of links) rove(link, link === current);
  }
}

function rove(link: HTMLElement | null | undefined, on: boolean): void {
  if (!link) return;
  link.tabIndex = on ? 0 : -1;
  const move = link.closest("[data-card]")?.querySelector<HTMLElement>(".board-move");
  if (move && !matchMedia(PHONE).matches) move.tabIndex = on ? 0 : -1;
}

function focusCard(card: Element | undefined): void {
  if (!card) return;
  const link = linkOf(card);
  link?.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function walk(card: HTMLElement, key: string): boolean {
  const column = columnOf(card);
  if (!column) return false;
  const cards = cardsOf(column);
  const at = cards.indexOf(card);
  if (key === "ArrowDown") focusCard(cards[at + 1]);
  else if (key === "ArrowUp") focusCard(cards[at - 1]);
  else if (key === "Home") focusCard(cards[0]);
  else if (key === "End") focusCard(cards.at(-1));
  else {
    const step = key === "ArrowRight" ? 1 : -1;
    const order = columns();
    for (let n = order.indexOf(column) + step; n >= 0 && n < order.length; n += step) {
      const beside = order[n];
      const there = beside ? cardsOf(beside) : [];
      if (there.length) {
        focusCard(there[Math.min(at, there.length - 1)]);
        break;
      }
    }
  }
  return true;
}

// --- by keyboard ----------------------------------------------------------------------------

function pick(card: HTMLElement): void {
  const home = columnOf(card);
  const targets = everywhere().filter((column) => column === home || allowed(card, column));
  if (!home || targets.length < 2) {
    say("fixed", card, null);
    card.classList.add("stays");
    window.setTimeout(() => card.classList.remove("stays"), 900);
    return;
  }
  picked = { card, targets, at: targets.indexOf(home) };
  card.classList.add("picked");
  document.body.classList.add("board-moving");
  say("picked", card, home);
}

function aim(step: number): void {
  if (!picked) return;
  picked.targets[picked.at]?.classList.remove("aimed");
  picked.at = Math.max(0, Math.min(picked.targets.length - 1, picked.at + step));
  const column = picked.targets[picked.at];
  column?.classList.add("aimed");
  column?.scrollIntoView({ block: "nearest", inline: "nearest" });
  say("aims", picked.card, column ?? null);
}

function letGo(drop: boolean): void {
  if (!picked) return;
  const { card, targets, at } = picked;
  const to = targets[at];
  const list = card.parentElement;
  picked = null;
  card.classList.remove("picked");
  to?.classList.remove("aimed");
  document.body.classList.remove("board-moving");
  if (drop && to && list && to !== columnOf(card))
    send(card, to, { list, next: card.nextElementSibling });
  else say("back", card, columnOf(card));
}

function pressed(card: HTMLElement, key: string): boolean {
  if (picked) {
    if (key === "ArrowRight" || key === "ArrowDown") aim(1);
    else if (key === "ArrowLeft" || key === "ArrowUp") aim(-1);
    else if (key === "Enter" || key === " ") letGo(true);
    else if (key === "Escape") letGo(false);
    return key !== "Tab";
  }
  if (key === " ") pick(card);
  else if (key === "m") card.querySelector<HTMLElement>(".board-move")?.click();
  else if (/^Arrow|^Home$|^End$/.test(key)) return walk(card, key);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest(".board-name") : null;
  const card = cardOf(link);
  if (card && board()?.contains(card) && pressed(card, event.key)) {
    event.preventDefault();
    event.stopPropagation();
  }
});
document.addEventListener("focusin", (event) => {
  const card = cardOf(event.target);
  if (picked && card !== picked.card) letGo(false);
  const column = card && board()?.contains(card) ? columnOf(card) : null;
  if (!column) return;
  for (const other of cardsOf(column)) rove(linkOf(other), other === card);
});

// --- by mouse -------------------------------------------------------------------------------

function connect(list: HTMLElement): void {
  let next: Element | null = null;
  Sortable.create(list, {
    group: {
      name: "board",
      put: (to, _from, card) => allowed(card, columnOf(to.el)),
    },
    sort: false,
    draggable: '[data-card]:not([data-may=""])',
    filter: ".board-move",
    preventOnFilter: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 250,
    delayOnTouchOnly: true,
    onStart: ({ item }) => {
      next = item.nextElementSibling;
      document.body.classList.add("board-moving");
      for (const column of everywhere())
        column.classList.toggle("refuses", !allowed(item, column) && column !== columnOf(item));
    },
    onEnd: ({ item, from, to }) => {
      document.body.classList.remove("board-moving");
      for (const column of everywhere()) column.classList.remove("refuses");
      const column = columnOf(to);
      if (from !== to && column) send(item, column, { list: from, next });
    },
  });
}

/** On a phone one column is seen at a time: which one is said by the picker. */
function watchColumns(): void {
  const place = board();
  if (!place) return;
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const link = document.querySelector(`.board-picker a[href="#${entry.target.id}"]`);
        if (entry.isIntersecting) {
          link?.setAttribute("aria-current", "true");
          if (matchMedia(PHONE).matches)
            link?.parentElement?.scrollTo({ left: (link as HTMLElement).offsetLeft - 60 });
        } else link?.removeAttribute("aria-current");
      }
    },
    { root: place, threshold: 0.6 },
  );
  for (const column of columns()) seen.observe(column);
}

document.addEventListener("click", (event) => {
  const link =
    event.target instanceof Element
      ? event.target.closest<HTMLAnchorElement>(".board-picker a")
      : null;
  const column = link && document.querySelector(link.getAttribute("href") ?? "");
  if (!column) return;
  event.preventDefault();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  column.scrollIntoView({
    behavior: calm ? "auto" : "smooth",
    block: "nearest",
    inline: "start",
  });
});

// --- what the server says -------------------------------------------------------------------

document.addEventListener("board:placed", (event) => place((event as CustomEvent<Placed>).detail));
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = (event as CustomEvent).detail;
  // The move asks something first: the card waits where it was dropped.
  const asked = String(xhr.getResponseHeader("HX-Retarget") ?? "") === "#dialog-content";
  const id = /\/board\/(\d+)\/move\//.exec(String(requestConfig.path))?.[1];
  const left = id ? pending.get(id) : undefined;
  if (asked && left) {
    left.asking = true;
    const dialog = document.querySelector<HTMLElement>("#dialog");
    if (dialog) dialog.dataset["url"] = String(requestConfig.path);
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  // Cards that were moved into a column by hand come once, not again with the next page.
  if (!(event.target instanceof Element) || !event.target.closest("[data-board]")) return;
  for (const column of columns()) {
    const met = new Set<string>();
    for (const card of cardsOf(column)) {
      const id = card.dataset["card"] ?? "";
      if (met.has(id)) card.remove();
      met.add(id);
    }
  }
  tidy();
});
document.querySelector("#dialog")?.addEventListener("close", () => {
  for (const [id, left] of [...pending]) if (left.asking) takeBack(id);
});
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("#dialog [data-close]")) {
    event.preventDefault();
    closeDialog();
  }
});
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.closest(".board-file")) return;
  const name = input.closest(".board-file")?.querySelector("[data-file-name]");
  const file = input.files?.[0];
  if (name && file) name.textContent = file.name;
  input.closest(".board-file")?.classList.toggle("set", Boolean(file));
});
if (!matchMedia(PHONE).matches)
  for (const list of document.querySelectorAll<HTMLElement>("[data-column] > [data-cards]"))
    connect(list);
tidy();
watchColumns();
