"use strict";
// Sort a table by a column: numbers as numbers, words as words, dashes last.
const key = (row, column) => {
  const text = row.cells[column].textContent.trim();
  const found = text.match(/^[+-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?(?=$|[ %])/);
  const number = found ? Number(found[0].replaceAll(",", "")) : null;
  return { text, empty: text === "" || text === "-", number };
};
const compare = (a, b) => {
  if (a.number !== null && b.number !== null) return a.number - b.number;
  return a.text.localeCompare(b.text, "en", { numeric: true });
};
const sort = (head) => {
  const table = head.closest("table"), column = head.cellIndex;
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
  rows.sort(([a], [b]) => a.empty - b.empty || sign * compare(a, b));
  table.tBodies[0].append(...rows.map(([, row]) => row));
};
for (const head of document.querySelectorAll("table.sortable thead th")) {
  head.querySelector("button").addEventListener("click", () => sort(head));
}
// Print what is folded, too.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.opened = "";
  }
});
addEventListener("afterprint", () => {
  for (const folded of document.querySelectorAll("details[data-opened]")) {
    folded.open = false;
    delete folded.dataset.opened;
  }
});
