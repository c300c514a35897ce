// What is looked at is noted: after a moment on the page of a record, or on leaving it sooner.

const A_LOOK = 2000;
const place = document.querySelector<HTMLElement>("[data-look]");

if (place) {
  let noted = false;
  const note = () => {
    if (noted) return;
    noted = true;
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    // Nothing is lost where it fails: the next look is noted.
    fetch(place.dataset["look"] ?? "", { method: "POST", headers, keepalive: true }).catch(
      () => undefined,
    );
  };
  window.setTimeout(note, A_LOOK);
  addEventListener("pagehide", note);
}
