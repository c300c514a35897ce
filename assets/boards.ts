// The board's script is loaded where a board stands, and nowhere else.

if (document.querySelector("[data-board]")) void import("./board");
