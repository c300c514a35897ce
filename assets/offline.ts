// The page without connection: what is logged here waits for the next page with one.

import { drafts, field, fieldsOf, keep, person } from "./waiting";

const form = document.querySelector<HTMLFormElement>("#offline-log");
const nobody = document.querySelector<HTMLElement>("#offline-nobody");
const said = document.querySelector<HTMLElement>("#offline-kept");
const waiting = document.querySelector<HTMLElement>("#offline-waiting");

let isBack = false;

const leave = () => location.replace(location.pathname === "/offline/" ? "/" : location.href);

function day(): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function show(): void {
  const rows = drafts();
  if (!waiting) return;
  waiting.hidden = rows.length === 0;
  waiting.querySelector("ul")?.replaceChildren(
    ...rows.map((draft) => {
      const line = document.createElement("li");
      line.textContent = [field(draft, "line"), field(draft, "result")].filter(Boolean).join(" · ");
      return line;
    }),
  );
}

if (form && nobody) {
  form.hidden = !person();
  nobody.hidden = Boolean(person());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const key = crypto.randomUUID();
    const fields: [string, string][] = [
      ...fieldsOf(form),
      ["client_key", key],
      ["written_on", day()],
      ["written_at", new Date().toISOString()],
    ];
    keep({ key, fields });
    form.reset();
    if (isBack) leave();
    if (said) said.hidden = false;
    show();
    form.querySelector("input")?.focus();
  });
  form.querySelector("input")?.focus();
}
show();
// Back online: the page that was asked for, once nothing is being written here.
addEventListener("online", () => {
  isBack = true;
  if (!form || fieldsOf(form).every(([, value]) => !value.trim())) leave();
});
addEventListener("offline", () => {
  isBack = false;
});
