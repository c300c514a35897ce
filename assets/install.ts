// The service worker, and the offline page kept in the language and theme of who reads.

const { worker, offline } = document.body.dataset;

async function register(): Promise<void> {
  if (!worker || !offline || !("serviceWorker" in navigator) || !isSecureContext) return;
  const known = await navigator.serviceWorker.register(worker);
  await navigator.serviceWorker.ready;
  const mine = `${document.documentElement.lang} ${document.documentElement.dataset["theme"]}`;
  if (localStorage.getItem("dakehu-offline") === mine) return;
  known.active?.postMessage("refresh");
  localStorage.setItem("dakehu-offline", mine);
}

// After the page is there: what is kept for later must not make it wait.
addEventListener("load", () =>
  window.setTimeout(() => void register().catch(() => undefined), 500),
);

export {};
