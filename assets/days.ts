// The slider of days: an <input type=range data-days> moves the day of the date input it names.

const DAY = 86_400_000;
const dayOf = (text: string) => Math.round(Date.parse(`${text}T00:00:00Z`) / DAY);
const textOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);

function connect(slider: HTMLInputElement): void {
  const input = document.getElementById(slider.dataset["days"] ?? "");
  if (!(input instanceof HTMLInputElement) || !input.min || !input.max) return;
  const first = dayOf(input.min);
  slider.min = "0";
  slider.max = String(dayOf(input.max) - first);
  const show = () => {
    slider.value = String(dayOf(input.value || input.max) - first);
    slider.setAttribute("aria-valuetext", input.value);
  };
  show();
  slider.addEventListener("input", () => {
    input.value = textOf(first + Number(slider.value));
    slider.setAttribute("aria-valuetext", input.value);
  });
  slider.addEventListener("change", () =>
    input.dispatchEvent(new Event("change", { bubbles: true })),
  );
  input.addEventListener("input", show);
}

const connectAll = (within: ParentNode) => {
  for (const slider of within.querySelectorAll<HTMLInputElement>("input[data-days]"))
    connect(slider);
};
connectAll(document);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target instanceof Element) connectAll(event.target);
});
