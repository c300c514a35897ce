// Evidence in place: files dropped on an item, pasted, picked or photographed go up one after the
// other, each with its progress; what failed can be tried again. Then the card is shown anew.

import htmx from "htmx.org";

type Waiting = { file: File; line: HTMLElement; url: string; card: string };

const queue: Waiting[] = [];
let running = false;
let uploaded = new Set<string>();

const itemAt = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("[data-upload]") : null;

function headers(): Record<string, string> {
  const text = document.body.getAttribute("hx-headers") ?? "{}";
  return { ...(JSON.parse(text) as Record<string, string>), "HX-Request": "true" };
}

/** Put files into the queue of an item. */
function add(item: HTMLElement, files: Iterable<File>): void {
  const list = item.querySelector<HTMLElement>("[data-queue]");
  const template = document.getElementById("upload-line");
  const card = item.closest<HTMLElement>("[data-evidence]")?.dataset["card"] ?? "";
  if (!list || !(template instanceof HTMLTemplateElement)) return;
  for (const file of files) {
    const line = template.content.firstElementChild?.cloneNode(true);
    if (!(line instanceof HTMLElement)) continue;
    const name = line.querySelector(".upload-name");
    if (name) name.textContent = file.name;
    list.append(line);
    const waiting = { file, line, url: item.dataset["upload"] ?? "", card };
    line.querySelector("[data-retry]")?.addEventListener("click", () => {
      wrong(line, false);
      queue.push(waiting);
      void run();
    });
    line.querySelector("[data-leave]")?.addEventListener("click", () => {
      line.remove();
      show(waiting.card);
    });
    queue.push(waiting);
  }
  void run();
}

function wrong(line: HTMLElement, is: boolean, said = ""): void {
  for (const part of line.querySelectorAll<HTMLElement>(
    ".upload-wrong, [data-retry], [data-leave]",
  ))
    part.hidden = !is;
  const progress = line.querySelector("progress");
  if (progress) progress.hidden = is;
  const words = line.querySelector("[data-said]");
  if (words && said) words.textContent = said;
}

async function run(): Promise<void> {
  if (running) return;
  running = true;
  for (let next = queue.shift(); next; next = queue.shift()) {
    const said = await send(next);
    if (said === null) {
      next.line.remove();
      uploaded.add(next.card);
    } else wrong(next.line, true, said);
  }
  running = false;
  for (const card of uploaded) show(card);
}

/** Show the card anew, unless something in it failed and waits to be tried again. */
function show(url: string): void {
  const target = document.getElementById("evidence-card");
  if (!target || !uploaded.has(url) || target.querySelector(".upload")) return;
  uploaded = new Set([...uploaded].filter((one) => one !== url));
  void htmx.ajax("get", url, { target, swap: "outerHTML" });
  htmx.trigger(document.body, "record:changed", {});
}

/** Send one file; give what was wrong in the server's words, null where it arrived. */
function send({ file, line, url }: Waiting): Promise<string | null> {
  const request = new XMLHttpRequest();
  const progress = line.querySelector("progress");
  request.open("POST", url);
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    if (progress && event.lengthComputable) progress.value = (event.loaded / event.total) * 100;
  });
  const body = new FormData();
  body.append("file", file, file.name);
  return new Promise((resolve) => {
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(null);
      else resolve(sentenceOf(request.responseText));
    });
    request.addEventListener("error", () => resolve(""));
    request.addEventListener("abort", () => resolve(""));
    request.send(body);
  });
}

/** A refusal comes as a toast; its words stand beside the file instead. */
function sentenceOf(html: string): string {
  const answer = new DOMParser().parseFromString(html, "text/html");
  return answer.querySelector("[data-toast] > span")?.textContent?.trim() ?? "";
}

document.addEventListener("dragover", (event) => {
  const item = itemAt(event.target);
  if (!item || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  item.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  const item = itemAt(event.target);
  if (item && !(event.relatedTarget instanceof Node && item.contains(event.relatedTarget)))
    item.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const item = itemAt(event.target);
  if (!item || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  item.classList.remove("dropping");
  add(item, event.dataTransfer.files);
});
// A picture in the clipboard goes to the item that has the focus or lies under the pointer; where
// neither is clear, to the only one that is missing.
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!files?.length || !document.querySelector("[data-evidence]")) return;
  const missing = document.querySelectorAll<HTMLElement>(".item.missing[data-upload]");
  const item =
    itemAt(document.activeElement) ??
    document.querySelector<HTMLElement>("[data-upload]:hover") ??
    (missing.length === 1 ? (missing[0] ?? null) : null);
  if (!item) return;
  event.preventDefault();
  add(item, files);
});
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.closest("[data-pick]")) return;
  const item = itemAt(input);
  if (item && input.files?.length) add(item, [...input.files]);
  input.value = "";
});
addEventListener("beforeunload", (event) => {
  if (running || queue.length) event.preventDefault();
});

/** What only a script can do is shown only where there is one. */
function arrive(within: ParentNode): void {
  for (const pick of within.querySelectorAll<HTMLElement>("[data-pick]")) pick.hidden = false;
}
document.addEventListener("htmx:afterSwap", () => arrive(document));
arrive(document);
