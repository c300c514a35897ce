// The service worker: without connection a page is answered by the offline page. Nothing else is
// kept: figures are read anew or not shown (docs/decisions/0024). `shell` is written before this
// file by web/install.py: the name of the cache, the offline page, and its files.

type Shell = { name: string; offline: string; files: string[] };
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Waiting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Told extends Waiting {
  readonly data: unknown;
}
interface Scope {
  shell: Shell;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(kind: string, act: (event: Event) => void): void;
}

const here = self as unknown as Scope;
const { name, offline, files } = here.shell;

async function fill(): Promise<void> {
  const cache = await caches.open(name);
  await cache.addAll([offline, ...files].map((url) => new Request(url, { cache: "reload" })));
}

async function clear(): Promise<void> {
  for (const other of await caches.keys())
    if (other !== name && other.startsWith("dakehu-")) await caches.delete(other);
  await here.clients.claim();
}

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(offline);
    if (kept) return kept;
    throw error;
  }
}

async function file(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw error;
  }
}

here.addEventListener("install", (event) =>
  (event as Waiting).waitUntil(fill().then(() => here.skipWaiting())),
);
here.addEventListener("activate", (event) => (event as Waiting).waitUntil(clear()));
here.addEventListener("message", (event) => {
  if ((event as Told).data === "refresh") (event as Told).waitUntil(fill());
});
here.addEventListener("fetch", (event) => {
  const asked = event as Asked;
  const { request } = asked;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") asked.respondWith(page(request));
  else if (files.includes(new URL(request.url).pathname)) asked.respondWith(file(request));
});

export {};
