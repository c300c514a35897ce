// @ in a note: the server offers colleagues, the keyboard or a tap chooses one. A box with
// data-mentions (the address to ask) holds the textarea and the list.

export {};

const WAIT = 120;
let timer = 0;
let asked = 0;

type Box = { area: HTMLTextAreaElement; list: HTMLElement; url: string };

function boxOf(target: EventTarget | null): Box | null {
  const box = target instanceof Element ? target.closest<HTMLElement>("[data-mentions]") : null;
  const area = box?.querySelector("textarea");
  const list = box?.querySelector<HTMLElement>("[role=listbox]");
  return box && area && list ? { area, list, url: box.dataset["mentions"] ?? "" } : null;
}

/** What was typed after the last @ before the caret, if the caret is still in that word. */
function typedName(area: HTMLTextAreaElement): string | null {
  const before = area.value.slice(0, area.selectionStart);
  return /(?:^|[^A-Za-z0-9._%+\-@＠])[@＠]([^\s@＠]{0,40})$/.exec(before)?.[1] ?? null;
}

function close({ area, list }: Box): void {
  list.hidden = true;
  list.replaceChildren();
  area.removeAttribute("aria-activedescendant");
}

function choose(box: Box, option: HTMLElement): void {
  const { area } = box;
  const typed = typedName(area);
  if (typed === null) return;
  const caret = area.selectionStart;
  area.setRangeText(`${option.dataset["say"] ?? ""} `, caret - typed.length, caret, "end");
  close(box);
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function mark(box: Box, step: number): void {
  const options = [...box.list.querySelectorAll<HTMLElement>("[role=option]")];
  if (!options.length) return;
  const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = options[(now + step + options.length) % options.length];
  for (const option of options) option.setAttribute("aria-selected", String(option === next));
  if (!next) return;
  box.area.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

async function offer(box: Box): Promise<void> {
  const typed = typedName(box.area);
  if (typed === null) {
    close(box);
    return;
  }
  asked += 1;
  const turn = asked;
  const answer = await fetch(`${box.url}?q=${encodeURIComponent(typed)}`, {
    headers: { "HX-Request": "true" },
  }).catch(() => null);
  if (!answer?.ok || turn !== asked || typedName(box.area) !== typed) return;
  // What the server words and escapes; it is our own page's part.
  box.list.innerHTML = await answer.text();
  for (const [number, option] of [...box.list.querySelectorAll("[role=option]")].entries())
    option.id = `mention-${number}`;
  box.list.hidden = false;
  mark(box, 1);
}

document.addEventListener("input", (event) => {
  const box = boxOf(event.target);
  if (!box || event.target !== box.area || (event as InputEvent).isComposing) return;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void offer(box), WAIT);
});
document.addEventListener("compositionend", (event) => {
  const box = boxOf(event.target);
  if (box) void offer(box);
});
document.addEventListener(
  "keydown",
  (event) => {
    const box = boxOf(event.target);
    if (!box || box.list.hidden || event.isComposing) return;
    const chosen = box.list.querySelector<HTMLElement>("[aria-selected=true]");
    if (event.key === "ArrowDown") mark(box, 1);
    else if (event.key === "ArrowUp") mark(box, -1);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen) choose(box, chosen);
    else if (event.key === "Escape") close(box);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("click", (event) => {
  const option = event.target instanceof Element ? event.target.closest("[data-say]") : null;
  const box = boxOf(option);
  if (box && option instanceof HTMLElement) {
    event.preventDefault();
    choose(box, option);
    return;
  }
  for (const list of document.querySelectorAll<HTMLElement>("[data-mentions] [role=listbox]"))
    list.hidden = true;
});
// Ctrl/⌘ and Enter send what is being written.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const box = boxOf(event.target);
  if (box) box.area.form?.requestSubmit();
});
