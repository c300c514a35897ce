// Saving cells of a list: at once on the page, honestly marked until the server has them, and
// what is refused or clashes stays at its cell with what was typed. grid.ts moves and edits.

type Told = { value: string; shown: string; html?: string; tone?: string };
type Answer = Told & {
  version?: number;
  message?: string;
  theirs?: Told;
  yours?: Told;
  /** The whole row as it stands, where somebody saved other cells of it meanwhile. */
  row?: Record<string, Told>;
};
/** What stands between the reader and the server of one cell. */
type Trouble = { typed: string; message: string; answer: Answer; before: Node[] };

const troubles = new Map<HTMLElement, Trouble>();
const queues = new WeakMap<HTMLElement, Promise<void>>();
/** What others saved in a cell that holds unsaved typing, and the version it was typed against. */
const later = new WeakMap<HTMLElement, { told: Told; seen: string }>();
let parts: HTMLElement | null = null;
let asked: Promise<void> | null = null;
let note: HTMLElement | null = null;
let said: HTMLElement | null = null;

const rowOf = (cell: HTMLElement) => cell.closest<HTMLElement>("tr[data-row]");
const kindOf = (cell: HTMLElement) =>
  cell.closest<HTMLElement>("table[data-grid]")?.dataset["grid"] ?? "";
export const troubleOf = (cell: HTMLElement) => troubles.get(cell);

/** Ask once for what the server prepares: choices, and the words that are shown at cells. */
export function prepared(kind: string): Promise<void> {
  asked ??= fetch(`/cells/${kind}/editors/`, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error())))
    .then((text) => {
      const holder = document.createElement("template");
      holder.innerHTML = text;
      parts = holder.content.querySelector<HTMLElement>("[data-editors]");
    })
    .catch(() => {
      asked = null; // tried again with the next cell
    });
  return asked;
}

/** A copy of a prepared part: the choices of a column, or the note of a clash. */
export function part(name: string): HTMLElement | null {
  const found = parts?.querySelector<HTMLTemplateElement>(`template[data-part="${name}"]`);
  return (found?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined) ?? null;
}

const word = (name: string) => parts?.dataset[name] ?? "";

function say(words: string): void {
  if (!said) {
    said = document.createElement("div");
    said.className = "visually-hidden";
    said.setAttribute("aria-live", "polite");
    document.body.append(said);
  }
  said.textContent = words;
}

function show(cell: HTMLElement, told: Told): void {
  const link = cell.querySelector<HTMLElement>(":scope > a");
  if (link) {
    link.textContent = told.shown;
    return;
  }
  if (told.html) {
    const holder = document.createElement("template");
    holder.innerHTML = told.html;
    cell.replaceChildren(holder.content);
  } else if (told.tone) {
    const tone = document.createElement("span");
    tone.className = told.tone;
    tone.textContent = told.shown;
    cell.replaceChildren(tone);
  } else cell.textContent = told.shown;
}

function mark(cell: HTMLElement, name: "" | "is-saving" | "is-saved" | "is-refused"): void {
  cell.classList.remove("is-saving", "is-saved", "is-refused");
  if (name) cell.classList.add(name);
  cell.toggleAttribute("aria-busy", name === "is-saving");
  if (name === "is-saving") cell.setAttribute("aria-busy", "true");
  if (name === "is-refused") cell.setAttribute("aria-invalid", "true");
  else cell.removeAttribute("aria-invalid");
}

function csrf(): string {
  const headers = document.body.getAttribute("hx-headers");
  return headers ? ((JSON.parse(headers) as Record<string, string>)["X-CSRFToken"] ?? "") : "";
}

/** Save what was typed; saves of one row go one after the other, each on the version before. */
export function save(cell: HTMLElement, typed: string, label: string, knowing?: number): void {
  const row = rowOf(cell);
  if (!row) return;
  const before = troubles.get(cell)?.before ?? [...cell.childNodes].map((n) => n.cloneNode(true));
  troubles.delete(cell);
  hideNote();
  show(cell, { value: typed, shown: label || "—" });
  mark(cell, "is-saving");
  const wait = queues.get(row) ?? Promise.resolve();
  queues.set(
    row,
    wait.then(() => send(cell, row, typed, before, knowing)),
  );
}

async function send(
  cell: HTMLElement,
  row: HTMLElement,
  typed: string,
  before: Node[],
  knowing?: number,
): Promise<void> {
  const figure = before.find((node): node is HTMLElement => node instanceof HTMLDataElement);
  const body = new URLSearchParams({
    value: typed,
    seen: String(knowing ?? later.get(cell)?.seen ?? row.dataset["version"] ?? ""),
    was: cell.dataset["value"] ?? "",
    unit: cell.closest<HTMLElement>("table")?.dataset["unit"] ?? "",
    currency: figure?.querySelector("small")?.textContent ?? "",
  });
  const url = `/cells/${kindOf(cell)}/${row.dataset["row"]}/${cell.dataset["cell"]}/`;
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
    });
    const kind = response.headers.get("Content-Type") ?? "";
    if (!kind.startsWith("application/json")) throw new Error();
    const answer = (await response.json()) as Answer;
    renew(cell, row, answer);
    if (response.ok) return taken(cell, row, answer, before);
    refuse(cell, { typed, message: answer.message ?? word("failed"), answer, before });
  } catch {
    const answer: Answer = { value: typed, shown: typed };
    refuse(cell, { typed, message: word("failed"), answer, before });
  }
}

/** Show what others saved in the row, so that no later save goes over it unseen. */
function renew(cell: HTMLElement, row: HTMLElement, answer: Answer): void {
  if (!answer.row) return;
  const seen = row.dataset["version"] ?? "";
  row.dataset["version"] = String(answer.version);
  for (const [name, told] of Object.entries(answer.row)) {
    const other = row.querySelector<HTMLElement>(`[data-cell="${CSS.escape(name)}"]`);
    if (!other || other === cell) continue;
    if (holdsTyping(other)) {
      // Its own save still has to ask about this value: it was typed without knowing of it.
      if (told.value === other.dataset["value"] && !told.html) later.delete(other);
      else later.set(other, { told, seen: later.get(other)?.seen ?? seen });
      continue;
    }
    other.dataset["value"] = told.value;
    show(other, told);
  }
}

function holdsTyping(cell: HTMLElement): boolean {
  const { classList } = cell;
  return troubles.has(cell) || classList.contains("is-editing") || classList.contains("is-saving");
}

/** Show what others saved in a cell meanwhile, now that nothing typed stands in it. */
export function settle(cell: HTMLElement): void {
  const kept = later.get(cell);
  if (!kept || holdsTyping(cell)) return;
  later.delete(cell);
  cell.dataset["value"] = kept.told.value;
  show(cell, kept.told);
}

function taken(cell: HTMLElement, row: HTMLElement, answer: Answer, before: Node[]): void {
  row.dataset["version"] = String(answer.version);
  later.delete(cell);
  cell.dataset["was"] = cell.dataset["value"] ?? "";
  cell.dataset["value"] = answer.value;
  if (cell.querySelector(":scope > a") === null) cell.replaceChildren(...before);
  show(cell, answer);
  mark(cell, "is-saved");
  window.setTimeout(() => cell.classList.remove("is-saved"), 1500);
  say(word("saved"));
}

function refuse(cell: HTMLElement, trouble: Trouble): void {
  troubles.set(cell, trouble);
  const { theirs, version } = trouble.answer;
  if (theirs) later.set(cell, { told: theirs, seen: String(version) });
  mark(cell, "is-refused");
  showNote(cell);
  say(trouble.message);
}

/** Put the cell back to what it held before, and forget what was typed. */
export function restore(cell: HTMLElement): void {
  const trouble = troubles.get(cell);
  if (!trouble) return;
  troubles.delete(cell);
  cell.replaceChildren(...trouble.before);
  mark(cell, "");
  hideNote();
  settle(cell);
}

export function hideNote(): void {
  note?.remove();
  note = null;
}

/** Say at the cell what is the matter; of a clash show both values, and let choose. */
export function showNote(cell: HTMLElement): void {
  hideNote();
  const trouble = troubles.get(cell);
  if (!trouble) return;
  const { theirs, yours } = trouble.answer;
  note = part(theirs && yours ? "clash" : "refusal");
  if (!note) return;
  for (const [name, words] of [
    ["message", trouble.message],
    ["theirs", theirs?.shown ?? ""],
    ["yours", yours?.shown ?? ""],
  ]) {
    const place = note.querySelector<HTMLElement>(`[data-${name}]`);
    if (place) place.textContent = words ?? "";
  }
  note.id = "cell-note";
  cell.setAttribute("aria-describedby", note.id);
  (cell.closest("main") ?? document.body).append(note);
  const box = cell.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, window.innerWidth - note.offsetWidth - 8));
  const below = box.bottom + 4 + note.offsetHeight < window.innerHeight;
  note.style.left = `${left}px`;
  note.style.top = `${below ? box.bottom + 4 : box.top - note.offsetHeight - 4}px`;
  note.addEventListener("click", (event) => choose(cell, event));
  note.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    cell.focus();
  });
}

/** Go into the note of a clash; nothing where there is nothing to choose. */
export function enterNote(): boolean {
  const button = note?.querySelector<HTMLElement>("button");
  button?.focus();
  return Boolean(button);
}

function choose(cell: HTMLElement, event: Event): void {
  const button = event.target instanceof Element ? event.target.closest("[data-take]") : null;
  const trouble = troubles.get(cell);
  if (!(button instanceof HTMLElement) || !trouble) return;
  const { theirs, yours, version } = trouble.answer;
  cell.focus();
  // Of an amount their figure brings the currency, too: what is chosen is compared with both.
  if (theirs) later.set(cell, { told: theirs, seen: String(version) });
  restore(cell);
  if (button.dataset["take"] === "yours")
    save(cell, trouble.typed, yours?.shown ?? trouble.typed, version);
}

addEventListener("beforeunload", (event) => {
  const open = [...troubles.keys()].some((cell) => cell.isConnected);
  if (open || document.querySelector("[data-grid] .is-saving")) event.preventDefault();
});
addEventListener("scroll", hideNote, { capture: true, passive: true });
