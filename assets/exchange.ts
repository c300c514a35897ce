// htmx under our content security policy, and what happens when an answer is a refusal or none.

import htmx from "htmx.org";
import { showPrepared } from "./toasts";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.scrollIntoViewOnBoost = false;
htmx.config.historyCacheSize = 0; // pages of figures are read anew, never kept in local storage
htmx.config.refreshOnHistoryMiss = true;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "403|404|409|422", swap: true }, // the server words the refusal and says where it goes
  { code: "...", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, parameters } = (event as CustomEvent).detail;
  if (verb !== "get") return;
  for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
});
// What comes in is parsed without scripts: fields for browsers without them would be sent too.
document.addEventListener("htmx:load", (event) => {
  if (!(event.target instanceof Element)) return;
  for (const without of event.target.querySelectorAll("noscript")) without.remove();
});
document.addEventListener("htmx:responseError", () => showPrepared("toast-failed"));
document.addEventListener("htmx:sendError", () => showPrepared("toast-offline"));
document.addEventListener("htmx:timeout", () => showPrepared("toast-offline"));
