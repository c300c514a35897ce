// What goes with a choice: parts with data-with (the id of a list) and data-value are shown while
// that value is chosen. Without scripts what goes with the first choice stands there. A field set
// that is not shown sends nothing, nor is its button the one that Enter presses.

document.addEventListener("change", (event) => {
  const list = event.target;
  if (!(list instanceof HTMLSelectElement) || !list.id) return;
  for (const part of document.querySelectorAll<HTMLElement>(`[data-with="${list.id}"]`)) {
    part.hidden = part.dataset["value"] !== list.value;
    if (part instanceof HTMLFieldSetElement) part.disabled = part.hidden;
  }
});
