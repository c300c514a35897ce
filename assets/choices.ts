// What goes with a choice: parts with data-with (the id of a list) and data-value are shown while
// that value is chosen. Without scripts what goes with the first choice stands there. A field set
// that is not shown sends nothing, nor is its button the one that Enter presses.

function goWith(part: HTMLElement, value: string): void {
  part.hidden = part.dataset["value"] !== value;
  if (part instanceof HTMLFieldSetElement) part.disabled = part.hidden;
}

document.addEventListener("change", (event) => {
  const list = event.target;
  if (!(list instanceof HTMLSelectElement) || !list.id) return;
  for (const part of document.querySelectorAll<HTMLElement>(`[data-with="${list.id}"]`))
    goWith(part, list.value);
});

// A browser that comes back to a page chooses what was chosen, and tells nobody.
addEventListener("pageshow", () => {
  for (const part of document.querySelectorAll<HTMLElement>("[data-with]")) {
    const list = document.getElementById(part.dataset["with"] ?? "");
    if (list instanceof HTMLSelectElement) goWith(part, list.value);
  }
});

// What was typed for one choice is there for the next one, too.
document.addEventListener("input", (event) => {
  const typed = event.target;
  if (!(typed instanceof HTMLTextAreaElement)) return;
  const list = typed.closest<HTMLElement>("fieldset[data-with]")?.dataset["with"];
  if (!list) return;
  const alike = `fieldset[data-with="${list}"] textarea[name="${typed.name}"]`;
  for (const other of document.querySelectorAll<HTMLTextAreaElement>(alike))
    if (other !== typed) other.value = typed.value;
});
