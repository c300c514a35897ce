// A list as a sheet: arrows, Tab and Enter move; F2, typing or a double click edit; Esc restores;
// what a spreadsheet copied is pasted from a cell on. Without scripts the list is a list.

import htmx from "htmx.org";
import {
  enterNote,
  hideNote,
  part,
  prepared,
  restore,
  save,
  settle,
  showNote,
  troubleOf,
} from "./cells";

const GRID = "table[data-grid]";
const CELL = `${GRID} > tbody > tr[data-row] > :is(th, td):not(:has(> input.pick))`;
const DAYS = new Set(["close_on", "next_step_on"]);
const CHOICES = new Set(["category", "source"]);
const FIGURES = new Set(["amount", "own_rate"]);
const PAGE = 10;
let editor: HTMLInputElement | HTMLSelectElement | null = null;
/** Cells that were saved, the last one at the end: Ctrl+Z goes back along them. */
const undone: { cell: HTMLElement; value: string; shown: string }[] = [];

const isSeen = (cell: HTMLElement) => cell.offsetParent !== null;
const cellsOf = (row: Element) =>
  [...row.querySelectorAll<HTMLElement>(":scope > :is(th, td):not(:has(> input.pick))")].filter(
    isSeen,
  );
const rowsOf = (cell: HTMLElement) => [
  ...(cell.closest("tbody")?.querySelectorAll<HTMLElement>(":scope > tr[data-row]") ?? []),
];
const fieldOf = (cell: HTMLElement) => cell.dataset["cell"] ?? "";
const kindOf = (cell: HTMLElement) =>
  cell.closest<HTMLElement>(GRID)?.dataset["grid"] ?? "opportunities";

function prepare(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>(GRID)) {
    if (table.role === "grid" || !table.querySelector("[data-cell]")) continue;
    table.role = "grid";
    for (const cell of table.querySelectorAll<HTMLElement>(CELL)) {
      cell.tabIndex = -1;
      if (!cell.dataset["cell"]) cell.setAttribute("aria-readonly", "true");
    }
    const first = table.querySelector<HTMLElement>(`${CELL}[data-cell]`);
    if (first) first.tabIndex = 0;
    void prepared(table.dataset["grid"] ?? "");
  }
}

/** Move the one cell that Tab comes to. */
function stand(cell: HTMLElement | undefined): void {
  if (!cell) return;
  for (const other of cell.closest(GRID)?.querySelectorAll<HTMLElement>('[tabindex="0"]') ?? [])
    if (other.matches(CELL)) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function beside(cell: HTMLElement, down: number, right: number): HTMLElement | undefined {
  const rows = rowsOf(cell);
  const row = cell.closest<HTMLElement>("tr");
  if (!row) return undefined;
  const column = cellsOf(row).indexOf(cell);
  const next = rows[Math.min(Math.max(rows.indexOf(row) + down, 0), rows.length - 1)];
  const cells = next ? cellsOf(next) : [];
  return cells[Math.min(Math.max(column + right, 0), cells.length - 1)];
}

/** The next cell of the row that can be edited; none at its end: there Tab leaves the sheet. */
function nextEditable(cell: HTMLElement, by: 1 | -1): HTMLElement | undefined {
  const row = cell.closest("tr");
  const cells = row ? cellsOf(row) : [];
  for (let at = cells.indexOf(cell) + by; at >= 0 && at < cells.length; at += by)
    if (cells[at]?.dataset["cell"]) return cells[at];
  return undefined;
}

function headOf(cell: HTMLElement): string {
  const heads = cell.closest("table")?.querySelectorAll("thead tr > *");
  return heads?.[(cell as HTMLTableCellElement).cellIndex]?.textContent?.trim() ?? "";
}

function made(cell: HTMLElement): HTMLInputElement | HTMLSelectElement | null {
  const field = fieldOf(cell);
  if (CHOICES.has(field)) return part(field) as HTMLSelectElement | null;
  const input = document.createElement("input");
  input.type = DAYS.has(field) ? "date" : "text";
  if (FIGURES.has(field)) input.inputMode = "decimal";
  input.autocomplete = "off";
  return input;
}

/** Open a cell; with `empty` what is typed comes into an empty one. */
function edit(cell: HTMLElement, empty: boolean): void {
  if (!cell.dataset["cell"] || cell.classList.contains("is-saving")) return;
  if (CHOICES.has(fieldOf(cell)) && !part(fieldOf(cell))) {
    prepared(kindOf(cell))
      .then(() => part(fieldOf(cell)) && edit(cell, empty))
      .catch(() => undefined);
    return;
  }
  const input = made(cell);
  if (!input) return;
  hideNote();
  const held = troubleOf(cell)?.typed ?? cell.dataset["value"] ?? "";
  const keeps = CHOICES.has(fieldOf(cell));
  input.value = empty && !keeps ? "" : held;
  input.className = "cell-input";
  input.setAttribute("aria-label", headOf(cell));
  cell.classList.add("is-editing");
  cell.append(input);
  editor = input;
  input.focus();
  if (input instanceof HTMLInputElement && input.type === "text" && !empty) input.select();
  input.addEventListener("blur", () => leave(cell, input, true));
}

function leave(cell: HTMLElement, input: HTMLInputElement | HTMLSelectElement, keep: boolean) {
  if (editor !== input) return;
  editor = null;
  const typed = input.value;
  const label =
    input instanceof HTMLSelectElement ? (input.selectedOptions[0]?.text ?? typed) : typed;
  input.remove();
  cell.classList.remove("is-editing");
  const trouble = troubleOf(cell);
  if (!keep || (typed === (cell.dataset["value"] ?? "") && !trouble)) {
    if (trouble) showNote(cell);
    else settle(cell);
    return;
  }
  if (trouble && typed === (cell.dataset["value"] ?? "")) {
    restore(cell);
    return;
  }
  keepForUndo(cell);
  save(cell, typed, label);
}

function keepForUndo(cell: HTMLElement): void {
  undone.push({
    cell,
    value: cell.dataset["value"] ?? "",
    shown: cell.textContent?.trim() ?? "",
  });
}

function goBack(): boolean {
  const last = undone.pop();
  if (!last?.cell.isConnected || troubleOf(last.cell)) return Boolean(last);
  save(last.cell, last.value, last.shown);
  stand(last.cell);
  return true;
}

function editing(event: KeyboardEvent, cell: HTMLElement): boolean {
  const input = editor;
  if (!input) return false;
  const by = event.shiftKey ? -1 : 1;
  switch (event.key) {
    case "Enter":
      leave(cell, input, true);
      stand(beside(cell, by, 0));
      return true;
    case "Tab":
      leave(cell, input, true);
      stand(nextEditable(cell, by) ?? cell);
      return true;
    case "Escape":
      leave(cell, input, false);
      stand(cell);
      return true;
  }
  return false;
}

function moving(event: KeyboardEvent, cell: HTMLElement): boolean {
  const control = event.ctrlKey || event.metaKey;
  const to = (down: number, right: number) => {
    stand(beside(cell, down, right));
    return true;
  };
  switch (event.key) {
    case "ArrowDown":
      return to(control ? Number.MAX_SAFE_INTEGER : 1, 0);
    case "ArrowUp":
      return to(control ? -Number.MAX_SAFE_INTEGER : -1, 0);
    case "ArrowRight":
      return to(0, control ? Number.MAX_SAFE_INTEGER : 1);
    case "ArrowLeft":
      return to(0, control ? -Number.MAX_SAFE_INTEGER : -1);
    case "PageDown":
      return to(PAGE, 0);
    case "PageUp":
      return to(-PAGE, 0);
    case "Home":
      return to(control ? -Number.MAX_SAFE_INTEGER : 0, -Number.MAX_SAFE_INTEGER);
    case "End":
      return to(control ? Number.MAX_SAFE_INTEGER : 0, Number.MAX_SAFE_INTEGER);
  }
  return false;
}

function pressed(event: KeyboardEvent, cell: HTMLElement): boolean {
  if (moving(event, cell)) return true;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter") {
      (cell.closest("tr")?.querySelector("a[href]") as HTMLElement | null)?.click();
      return true;
    }
    return event.key.toLowerCase() === "z" && goBack();
  }
  if (event.altKey) return false;
  switch (event.key) {
    case "Tab": {
      const next = nextEditable(cell, event.shiftKey ? -1 : 1);
      stand(next);
      return Boolean(next);
    }
    case "Enter":
      if (troubleOf(cell)?.answer.theirs) return enterNote();
      edit(cell, false);
      return true;
    case "F2":
      edit(cell, false);
      return true;
    case "Backspace":
    case "Delete":
      edit(cell, true);
      return true;
    case "Escape":
      if (!troubleOf(cell)) return false;
      restore(cell);
      return true;
    case " ":
      cell.closest("tr")?.querySelector<HTMLInputElement>("input.pick")?.click();
      return true;
  }
  // The key itself goes into the editor that opens now; an input method begins there too.
  if (event.key.length === 1 || event.key === "Process") {
    if (!cell.dataset["cell"]) return event.key !== "?" && event.key !== "/";
    edit(cell, true);
    event.stopPropagation();
  }
  return false;
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing || !(event.target instanceof HTMLElement)) return;
    if (event.target === editor) {
      const cell = event.target.closest<HTMLElement>(CELL);
      if (cell && editing(event, cell)) event.preventDefault();
      event.stopPropagation();
    } else if (event.target.matches(CELL) && pressed(event, event.target)) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);
document.addEventListener("dblclick", (event) => {
  if (!(event.target instanceof Element) || event.target.closest("a, input, button")) return;
  const cell = event.target.closest<HTMLElement>(CELL);
  if (cell) edit(cell, false);
});
document.addEventListener("focusin", (event) => {
  const cell = event.target;
  if (!(cell instanceof HTMLElement) || !cell.matches(CELL)) return;
  if (cell.tabIndex !== 0) stand(cell);
  if (troubleOf(cell)) showNote(cell);
});

function active(): HTMLElement | null {
  const cell = document.activeElement;
  return cell instanceof HTMLElement && cell.matches(CELL) ? cell : null;
}

document.addEventListener("copy", (event) => {
  const cell = active();
  if (!cell || document.getSelection()?.toString()) return;
  event.clipboardData?.setData("text/plain", cell.textContent?.trim() ?? "");
  event.preventDefault();
});
document.addEventListener("paste", (event) => {
  const cell = active();
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!cell || !text.trim()) return;
  event.preventDefault();
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.length === 1 && !text.includes("\t")) {
    if (!cell.dataset["cell"]) return;
    keepForUndo(cell);
    save(cell, text.trim(), text.trim());
    return;
  }
  const rows = rowsOf(cell);
  const from = rows.indexOf(cell.closest("tr") as HTMLElement);
  const cells = cellsOf(rows[from] as HTMLElement);
  const fields = cells.slice(cells.indexOf(cell)).map((one) => one.dataset["cell"] ?? "-");
  const below = rows
    .slice(from, from + lines.length)
    .map((row) => `${row.dataset["row"]}.${row.dataset["version"]}`);
  htmx
    .ajax("post", `/cells/${kindOf(cell)}/paste/`, {
      target: "#dialog-content",
      swap: "innerHTML",
      values: { text, rows: below.join(","), fields: fields.join(",") },
    })
    .catch(() => undefined);
});
document.addEventListener("htmx:afterSwap", prepare);
prepare();
