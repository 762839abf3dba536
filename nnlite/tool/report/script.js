// The heads of a table become buttons that sort it; a field above it keeps the rows whose name contains a text.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const text = row.cells[column].textContent, number = parseFloat(text.replace(/,/g, ""));
    return column === 0 ? text : Number.isNaN(number) ? -1 : number;
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const way = head.ariaSort ? (head.ariaSort === "ascending" ? -1 : 1) : column === 0 ? 1 : -1;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      rows.sort((a, b) => {
        const x = value(a, column), y = value(b, column);
        return way * (column === 0 ? x.localeCompare(y) : x - y);
      });
      body.append(...rows);
    });
  });
  const label = document.createElement("label"), input = document.createElement("input");
  const shown = document.createElement("output"), line = document.createElement("p");
  input.type = "search";
  label.append("Names with ", input);
  line.append(label, " ", shown);
  table.parentElement.before(line);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    shown.textContent = rows.filter(row => !row.hidden).length + " of " + rows.length;
  });
}
