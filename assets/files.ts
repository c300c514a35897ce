// Files by choosing, dragging, pasting or a photo: a form with data-files is sent as soon as there
// are some; a card with data-drop-form names the form that takes what is dropped on it.

export {};

function send(form: HTMLFormElement, files: FileList | File[]): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file][multiple]");
  if (!input || !files.length) return;
  const carried = new DataTransfer();
  for (const file of files) carried.items.add(file);
  input.files = carried.files;
  form.requestSubmit();
}

function formFor(card: Element | null): HTMLFormElement | null {
  const form =
    card instanceof HTMLElement ? document.querySelector(card.dataset["dropForm"] ?? "") : null;
  return form instanceof HTMLFormElement ? form : null;
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.files?.length) return;
  if (input.form?.hasAttribute("data-files")) input.form.requestSubmit();
});

const cardAt = (event: Event) =>
  event.target instanceof Element ? event.target.closest("[data-drop-form]") : null;

document.addEventListener("dragover", (event) => {
  const card = cardAt(event);
  if (!card || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  card.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  const card = cardAt(event);
  if (card && !card.contains(event.relatedTarget as Node | null)) card.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const card = cardAt(event);
  const form = formFor(card);
  if (!form || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  card?.classList.remove("dropping");
  send(form, event.dataTransfer.files);
});
// A picture pasted where one writes a note, or in the card of files, becomes a file of the record,
// before an item of evidence (evidence.ts) can take it.
document.addEventListener(
  "paste",
  (event) => {
    const files = event.clipboardData?.files;
    const form = document.querySelector<HTMLFormElement>("form[data-files]");
    const target = event.target instanceof Element ? event.target : null;
    if (!files?.length || !form || !target?.closest("[data-mentions], [data-drop-form]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(form, [...files]);
  },
  true,
);
// One pasted nowhere in particular does too, unless it was evidence.
document.addEventListener("paste", (event) => {
  if (event.defaultPrevented) return; // an item of evidence has taken it
  const files = event.clipboardData?.files;
  const form = document.querySelector<HTMLFormElement>("form[data-files]");
  if (!files?.length || !form || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.matches("input, textarea, [contenteditable]")) return;
  event.preventDefault();
  send(form, [...files]);
});
