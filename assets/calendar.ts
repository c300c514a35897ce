// The calendar: what is planned is dragged to another day or hour, or moved by Alt and the arrow
// keys; among free hours one walks by the arrow keys.

import htmx from "htmx.org";

const DAY = 86_400_000;
const STEP = 30;
type Moved = { on: string; at: string };

const two = (number: number) => String(number).padStart(2, "0");
const clock = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
const later = (on: string, days: number) =>
  new Date(Date.parse(`${on}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

const calendar = () => document.querySelector<HTMLElement>("[data-calendar]");
const movable = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>("[data-calendar] [data-move]") : null;

/** Draw the calendar anew, as the server has it now. */
async function redraw(focus = ""): Promise<void> {
  if (!calendar()) return;
  await htmx.ajax("get", location.pathname + location.search, {
    target: "#calendar",
    select: "#calendar",
    swap: "outerHTML",
  });
  if (focus) document.querySelector<HTMLElement>(`[data-id="${CSS.escape(focus)}"]`)?.focus();
}

async function move(block: HTMLElement, to: Moved): Promise<void> {
  const { move: url = "", seen = "", id = "", on = "", at = "" } = block.dataset;
  if (to.on === on && to.at === at) return;
  await htmx.ajax("post", url, {
    values: { on: to.on, at: to.at, seen, quiet: "1" },
    source: block,
    swap: "none",
  });
  await redraw(id);
}

function byKey(block: HTMLElement, key: string): Moved | null {
  const { on = "", at = "" } = block.dataset;
  if (key === "ArrowLeft") return { on: later(on, -1), at };
  if (key === "ArrowRight") return { on: later(on, 1), at };
  const inMonth = block.closest(".cal-month");
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const sign = key === "ArrowUp" ? -1 : 1;
  if (inMonth || !at) return { on: later(on, 7 * sign), at };
  const minutes = minutesOf(at) + STEP * sign;
  return minutes < 0 || minutes >= 24 * 60 ? null : { on, at: clock(minutes) };
}

function walk(slot: HTMLElement, key: string): HTMLElement | null {
  const column = slot.parentElement;
  const slots = [...(column?.querySelectorAll<HTMLElement>("[data-slot]") ?? [])];
  const place = slots.indexOf(slot);
  if (key === "ArrowUp") return slots[place - 1] ?? null;
  if (key === "ArrowDown") return slots[place + 1] ?? null;
  const beside =
    key === "ArrowLeft"
      ? column?.previousElementSibling
      : key === "ArrowRight"
        ? column?.nextElementSibling
        : null;
  return beside?.querySelectorAll<HTMLElement>("[data-slot]")[place] ?? null;
}

document.addEventListener("keydown", (event) => {
  const block = movable(event.target);
  if (block && event.altKey) {
    const to = byKey(block, event.key);
    if (!to) return;
    event.preventDefault();
    void move(block, to);
    return;
  }
  if (!(event.target instanceof HTMLElement) || !event.target.matches("[data-slot]")) return;
  const next = walk(event.target, event.key);
  if (!next) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

// --- dragging --------------------------------------------------------------------------------

type Drag = { block: HTMLElement; x: number; y: number; grip: number; to: Moved | null };
let drag: Drag | null = null;
let dragged = false;

/** Where a point lies: the day of the column under it, and between the hours the half hour. */
function under(x: number, y: number, held: Drag): Moved | null {
  const there = document
    .elementsFromPoint(x, y)
    .find((one): one is HTMLElement => one instanceof HTMLElement && Boolean(one.dataset["day"]));
  const on = there?.dataset["day"];
  if (!there || !on) return null;
  if (!there.matches(".cal-col")) {
    return { on, at: there.matches(".cal-day") ? "" : (held.block.dataset["at"] ?? "") };
  }
  const box = there.getBoundingClientRect();
  const first = Number(calendar()?.dataset["firstHour"] ?? 0) * 60;
  const whole = Number(calendar()?.dataset["hours"] ?? 1) * 60;
  const minutes = first + ((y - held.grip - box.top) / box.height) * whole;
  const snapped = Math.max(0, Math.min(24 * 60 - STEP, Math.round(minutes / STEP) * STEP));
  return { on, at: clock(snapped) };
}

document.addEventListener("pointerdown", (event) => {
  const block = movable(event.target);
  // A finger scrolls; by touch one moves in the dialog, or with the buttons of Plan tomorrow.
  if (!block || event.button || event.pointerType === "touch") return;
  drag = {
    block,
    x: event.clientX,
    y: event.clientY,
    grip: event.clientY - block.getBoundingClientRect().top,
    to: null,
  };
  dragged = false;
});
// Else the browser drags the link as an address, and cancels the pointer meanwhile.
document.addEventListener("mousedown", (event) => {
  const block = movable(event.target);
  if (!block || event.button) return;
  event.preventDefault();
  block.focus();
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!dragged && Math.hypot(dx, dy) < 6) return;
  dragged = true;
  drag.block.classList.add("dragged");
  drag.block.style.transform = `translate(${dx}px, ${dy}px)`;
  drag.to = under(event.clientX, event.clientY, drag);
  for (const one of document.querySelectorAll("[data-day].over")) one.classList.remove("over");
  if (drag.to)
    for (const one of document.querySelectorAll(`[data-day="${CSS.escape(drag.to.on)}"]`))
      one.classList.add("over");
});
function drop(): void {
  if (!drag) return;
  const { block, to } = drag;
  drag = null;
  block.classList.remove("dragged");
  for (const one of document.querySelectorAll("[data-day].over")) one.classList.remove("over");
  if (dragged && to) void move(block, to);
  else block.style.transform = "";
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);
document.addEventListener(
  "click",
  (event) => {
    if (!dragged || !movable(event.target)) return;
    dragged = false;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("waiting:sent", () => void redraw());
