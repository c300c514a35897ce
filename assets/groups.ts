// A group tree whose members are dragged: dropping one on another opens its move with the preview.
// The same page is a link in each row, for the keyboard and for the phone.

import { openInDialog } from "./dialogs";

const NODE = "tr[data-node]";
let dragged: HTMLElement | null = null;

function nodeAt(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(NODE) : null;
}

for (const tree of document.querySelectorAll<HTMLElement>("[data-tree]")) {
  const out = tree.querySelector<HTMLElement>("[data-tree-out]");
  for (const row of tree.querySelectorAll<HTMLElement>(`${NODE}[data-move]`)) row.draggable = true;

  tree.addEventListener("dragstart", (event) => {
    dragged = nodeAt(event.target);
    if (!dragged || !event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset["node"] ?? "");
    dragged.classList.add("dragged");
    if (out) out.hidden = false;
  });
  tree.addEventListener("dragover", (event) => {
    const node = nodeAt(event.target);
    if (!dragged || !node || node === dragged) return;
    event.preventDefault();
    for (const other of tree.querySelectorAll(".drop-here")) other.classList.remove("drop-here");
    node.classList.add("drop-here");
  });
  tree.addEventListener("drop", (event) => {
    const node = nodeAt(event.target);
    if (!dragged || !node || node === dragged) return;
    event.preventDefault();
    const parent = encodeURIComponent(node.dataset["node"] ?? "");
    openInDialog(`${dragged.dataset["move"] ?? ""}?parent=${parent}`);
  });
  tree.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    for (const other of tree.querySelectorAll(".drop-here")) other.classList.remove("drop-here");
    if (out) out.hidden = true;
  });
}
