// Many titles: their categories as a table, and as a text to copy into a spreadsheet.

const PAUSE = 120;  // ms without a key, after which many titles are predicted and the address is changed
const ROWS = 200;  // that are shown; all are in the text

class Titles {
  constructor(network) {
    this.network = network;
    element("copy").addEventListener("click", () => this.copy());
  }

  // Predict the lines, of which empty ones keep their place; say: tells how far it is. The next call ends this one.
  async show(lines, k, threshold, say) {
    const run = this.run = {}, found = [], n = count(lines.filter(line => line.trim()).length);
    say(`${n} titles`);
    await new Promise(resolve => setTimeout(resolve, PAUSE));
    let began = 0, before;
    for (const line of lines) {
      [before, began] = [began, await rested(began)];
      if (this.run !== run) return;
      if (began !== before) say(`${count(found.length)} of ${count(lines.length)} lines`);
      found.push(this.network.isTooLong(line) ? [] : this.predicted(line, k));
    }
    say(`${n} titles`);
    this.showTable(lines, found, k, threshold);
    element("tsv").value = this.text(lines, found, k);
    element("copied").textContent = "";
  }

  stop() { this.run = null; }

  predicted(line, k) {
    const {x, logits} = this.network.forward(line);
    return x.size ? this.network.top(logits, k) : [];
  }

  showTable(lines, found, k, threshold) {
    const {labels} = this.network.about;
    const rows = found.slice(0, ROWS).map((top, i) => [name(lines[i]), ...top.map(({label, p}, place) => (
      made("td", [name(labels[label]), " ", made("small", percent(p))], isNamed(p, place, threshold) ? "named" : ""))),
      ...top.length ? [] : [lines[i].trim() ? "no known word" : ""]]);
    element("table").replaceChildren(
      table(["title", ...numbered("category", k)], rows, "Categories of each title", "titles"),
      made("p", lines.length > ROWS ? `The first ${ROWS} of ${count(lines.length)} are shown.` : "", "muted"));
  }

  text(lines, found, k) {
    const {labels} = this.network.about;
    const head = ["title", ...numbered("category", k).flatMap((category, i) => [category, `probability ${i + 1}`])];
    const rows = found.map((top, i) => (
      [lines[i].trim(), ...top.flatMap(({label, p}) => [labels[label], p.toFixed(4)])]));
    return [head, ...rows].map(cells => cells.map(cell).join("\t") + "\n").join("");
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(element("tsv").value);
      element("copied").textContent = "Copied.";
    } catch {  // some browsers leave that to a person's hand
      element("tsv").select();
      element("copied").textContent = "Selected below: copy it with Ctrl+C or ⌘C.";
    }
  }
}

const numbered = (what, n) => Array.from({length: n}, (_, i) => `${what} ${i + 1}`);

// As `predict` names categories of a title with a known word: above the threshold or, if there is none, the likeliest.
const isNamed = (p, place, threshold) => p > threshold || place === 0;

// As the command line writes cells: control characters are spelt out, and what a spreadsheet would take for a formula
// or a quote begins with an apostrophe.
function cell(text) {
  const spelt = text.replace(/[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, character => (
    "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0")));
  return (/^[-=+@"\uff0b\uff0d\uff1d\uff20]/u.test(spelt) ? "'" : "") + spelt;
}
