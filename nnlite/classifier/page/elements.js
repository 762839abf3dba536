// Elements of the document and numbers as texts. Texts of titles and categories get into the document through `made`
// alone, as text; and through `name`, so that right-to-left letters do not move what is around them.

const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;  // marks of direction

const element = id => document.getElementById(id);

// A new element. inside: a text, an element, or a list of these
function made(tag, inside = [], className = "") {
  const found = document.createElement(tag);
  if (className) found.className = className;
  found.append(...[inside].flat());
  return found;
}

// Lists as one, with dots between them.
const dotted = lists => lists.flatMap((list, i) => i ? [" · ", ...list] : list);

const plain = text => text.replace(TURNING, "");
const name = text => made("bdi", plain(text));

// A table in a box that scrolls by itself, which the keyboard reaches. The first cell of a row is its header; others
// are elements td, or what is inside of one.
function table(head, rows, caption, className = "") {
  const header = (inside, scope) => Object.assign(made("th", inside), {scope});
  const data = inside => inside instanceof HTMLTableCellElement ? inside : made("td", inside);
  const cells = ([first, ...others]) => made("tr", [header(first, "row"), ...others.map(data)]);
  const top = made("thead", made("tr", head.map(inside => header(inside, "col"))));
  const box = made("div", made("table", [top, made("tbody", rows.map(cells))], className), "box");
  return Object.assign(box, {role: "region", ariaLabel: caption, tabIndex: 0});
}

// 12.3 %; only 0 and 1 become 0 % and 100 %
function percent(p) {
  const text = (100 * p).toFixed(1);
  return (p > 0 && text === "0.0" ? "<0.1" : p < 1 && text === "100.0" ? ">99.9" : text) + "\u00a0%";
}

const number = (x, digits = 3) => (x < 0 ? "−" : "") + Math.abs(x).toFixed(digits);
const signed = (x, digits) => (x < 0 ? "" : "+") + number(x, digits);
const count = n => n.toLocaleString("en");
const subscript = n => String(n).replace(/\d/gu, digit => "₀₁₂₃₄₅₆₇₈₉"[digit]);

// "2, 4 or 8"
const either = list => [list.slice(0, -1).join(", "), ...list.slice(-1)].filter(text => text !== "").join(" or ");

const SLICE = 40;  // ms of work, after which the page may answer to keys

// When a slice of work is over, answer to keys. Returns when the present slice began.
async function rested(began) {
  if (performance.now() - began <= SLICE) return began;
  await new Promise(resolve => setTimeout(resolve));
  return performance.now();
}

// The number that a text is, within bounds; `otherwise` for no number.
function bounded(text, least, most, otherwise) {
  const x = parseFloat(text);
  return Number.isFinite(x) ? Math.min(Math.max(x, least), most) : otherwise;
}
