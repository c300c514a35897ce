// Drafts that wait for a connection: kept on this device for the person who wrote them, sent by
// themselves, each under a key of its own, so that what is sent twice is one activity.

export type Draft = { key: string; fields: [string, string][]; refused?: string[] };
type Sent = { taken: number; left: number };

const LAST = "dakehu-person";

/** Who writes: told by the page, else whoever signed in last on this device. */
export function person(): string {
  const here = document.body.dataset["person"];
  if (here) localStorage.setItem(LAST, here);
  return here ?? localStorage.getItem(LAST) ?? "";
}

const shelf = (who: string) => `waiting:${who}`;

export function drafts(who = person()): Draft[] {
  const text = who ? localStorage.getItem(shelf(who)) : null;
  if (!text) return [];
  try {
    return JSON.parse(text) as Draft[];
  } catch {
    return [];
  }
}

function write(who: string, rows: Draft[]): void {
  if (rows.length) localStorage.setItem(shelf(who), JSON.stringify(rows));
  else localStorage.removeItem(shelf(who));
  document.dispatchEvent(new Event("waiting:changed"));
}

/** Keep a draft; the same key replaces what it held. */
export function keep(draft: Draft): void {
  const who = person();
  if (!who) return;
  write(who, [...drafts(who).filter((one) => one.key !== draft.key), draft]);
}

export function drop(key: string): void {
  const who = person();
  write(
    who,
    drafts(who).filter((one) => one.key !== key),
  );
}

export const field = (draft: Draft, name: string) =>
  draft.fields.find(([one]) => one === name)?.[1] ?? "";

/** What of a form is kept: all but its token. */
export function fieldsOf(form: HTMLFormElement): [string, string][] {
  return [...new FormData(form)].flatMap(([name, value]) =>
    name !== "csrfmiddlewaretoken" && typeof value === "string" ? [[name, value]] : [],
  );
}

/** Answers that speak of the one draft; any other is of the server or the log-in, and of all. */
const BROKEN = new Set([400, 404, 409, 413, 422, 500]);

async function sendOne(
  url: string,
  token: string,
  draft: Draft,
): Promise<"taken" | "refused" | "broken" | "later"> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, "X-Draft": "1" },
    body: new URLSearchParams(draft.fields),
    redirect: "manual",
  }).catch(() => null);
  if (!answer || answer.type === "opaqueredirect") return "later";
  const facts = (await answer.json().catch(() => ({}))) as { taken?: number; refused?: string[] };
  if (answer.ok && facts.taken) return "taken";
  if (!facts.refused) return BROKEN.has(answer.status) ? "broken" : "later";
  keep({ ...draft, refused: facts.refused });
  return "refused";
}

/** Send what waits, one after the other, in one tab at a time. */
export async function send(url: string, token: string): Promise<Sent> {
  let taken = 0;
  const work = async () => {
    for (const draft of drafts()) {
      const came = await sendOne(url, token, draft);
      // One that the server breaks on waits; those behind it go on.
      if (came === "later") break;
      if (came === "taken") {
        drop(draft.key);
        taken += 1;
      }
    }
  };
  if (navigator.locks) await navigator.locks.request("dakehu-waiting", work);
  else await work();
  return { taken, left: drafts().length };
}
