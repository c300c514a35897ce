// A button [data-print] opens the browser's print, which also writes PDF.

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});
