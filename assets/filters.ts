// Filter bars: forms with data-autosubmit are sent when a filter changes; empty ones stay out of
// the URL. Lists with data-narrow beside them are narrowed while one types; lists with data-find are
// found by the server, and who is chosen in them stays.

const WAIT = 350;
const waiting = new WeakMap<HTMLFormElement, number>();

const formOf = (event: Event): HTMLFormElement | null =>
  event.target instanceof Element
    ? event.target.closest<HTMLFormElement>("form[data-autosubmit]")
    : null;

document.addEventListener("change", (event) => {
  const form = formOf(event);
  if (!form || (event.target instanceof HTMLInputElement && event.target.type === "search")) return;
  form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type !== "search") return;
  if (input.hasAttribute("data-narrow")) {
    narrow(input);
    return;
  }
  // Only lists that are swapped in place are searched while one types: a page load would take the
  // caret away, and a Chinese input method is left to finish its word.
  const form = formOf(event);
  if (!form?.hasAttribute("hx-get") || (event as InputEvent).isComposing) return;
  window.clearTimeout(waiting.get(form));
  waiting.set(
    form,
    window.setTimeout(() => form.requestSubmit(), WAIT),
  );
});

document.addEventListener("formdata", (event) => {
  if (!(event.target instanceof HTMLFormElement) || event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

function narrow(input: HTMLInputElement): void {
  const wanted = input.value.trim().toLowerCase();
  for (const row of input.parentElement?.querySelectorAll("li") ?? [])
    row.hidden = !(row.textContent ?? "").toLowerCase().includes(wanted);
}

// Enter in the search of a list within a form is not the answer to the form.
document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (event.key !== "Enter" || event.isComposing || !(input instanceof HTMLInputElement)) return;
  if (input.hasAttribute("data-find")) event.preventDefault();
});

type Row = { line: HTMLElement; input: HTMLInputElement };
let before: Row[] = [];

const listOf = (event: Event) => {
  const target: unknown = (event as CustomEvent).detail.target;
  return target instanceof HTMLElement && target.matches("[data-found]") ? target : null;
};
const rowsOf = (list: HTMLElement): Row[] =>
  [...list.querySelectorAll<HTMLElement>("li")].flatMap((line) => {
    const input = line.querySelector<HTMLInputElement>("input[type=checkbox]");
    return input ? [{ line, input }] : [];
  });

document.addEventListener("htmx:beforeSwap", (event) => {
  const list = listOf(event);
  if (list) before = rowsOf(list);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const list = listOf(event);
  if (!list) return;
  const found = new Map(rowsOf(list).map(({ input }) => [input.value, input]));
  // What was ticked or not while the answer was on its way holds; who is chosen and not found stays.
  for (const { line, input } of before.reverse()) {
    const now = found.get(input.value);
    if (now) now.checked = input.checked;
    else if (input.checked) list.prepend(line);
  }
  before = [];
  const said = list.parentElement?.querySelector<HTMLElement>("[data-found-said]");
  const words = list.querySelector<HTMLElement>("[data-said]");
  if (said) said.textContent = words?.dataset["said"] ?? "";
});
