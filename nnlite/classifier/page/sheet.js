// The sheet for a lesson: how the network computes the probabilities of a title, with the numbers of this title.

const TERMS = 8;  // of a sum that are shown one by one, the largest
const LISTED = 200;  // tokens or words that are shown

class Sheet {
  constructor(network, place) {
    this.network = network;
    this.unit = Object.assign(made("input"), {
      id: "unit", type: "number", min: 1, max: network.features.b.length, step: 1});
    this.category = Object.assign(made("select"), {id: "category"});
    [this.tokens, this.units, this.sum, this.logit] = Array.from({length: 4}, () => made("div"));
    const labelled = (text, control) => (
      made("p", made("span", [Object.assign(made("label", text), {htmlFor: control.id}), " ", control]), "settings"));
    place.replaceChildren(
      made("h3", "1. The title becomes numbers, x"), this.tokens,
      made("h3", "2. x becomes hidden units, h"), this.units, labelled("The sum of unit", this.unit), this.sum,
      made("h3", "3. h becomes a logit z for each category, and z a probability p"),
      labelled("The sum of category", this.category), this.logit);
    this.unit.addEventListener("input", () => {
      this.chosen = Math.round(bounded(this.unit.value, 1, network.features.b.length, 0));
      this.showUnits();
    });
    this.category.addEventListener("change", () => this.showLogit());
  }

  // found: what `forward` computed, and `top`
  show(found) {
    this.found = found;
    const before = this.category.value, {labels} = this.network.about;
    this.category.replaceChildren(...found.top.map(({label}) => (
      Object.assign(made("option", plain(labels[label]).slice(0, 80)), {value: label}))));
    if (found.top.some(({label}) => String(label) === before)) this.category.value = before;
    this.showTokens();
    this.showUnits();
    this.showLogit();
  }

  showTokens() {
    const {tokens, x} = this.found, {about} = this.network;
    const times = new Map(), known = [], unknown = [];
    for (const token of tokens) {
      if (!x.has(token.column)) unknown.push(token);
      else if (!times.has(token.column)) known.push(token);
      times.set(token.column, (times.get(token.column) ?? 0) + 1);
    }
    const why = about.tfidf ? "x is how often a token is in the title, times its weight, ln((1 + n) / (1 + titles)) " +
      `+ 1 with n = ${count(about.n_records)}, divided by a number that makes the squares of all x add up to 1.`
      : "x is 1 for each of them.";
    const weights = column => about.tfidf ? [
      count(about.counts[column]), number(this.network.idf(column), 2), count(times.get(column))] : [];
    const head = ["token", "kind", ...about.tfidf ? ["titles", "weight", "times"] : [], "x"];
    this.tokens.replaceChildren(
      made("p", `The title has ${count(tokens.length)} tokens. The network knows ${count(known.length)} different ` +
        `ones. ${why}`),
      table(head, known.slice(0, LISTED).map(({text, kind, column}) => (
        [name(text), made("td", kind, "kind"), ...weights(column), number(x.get(column))])), "Known tokens"),
      made("p", unknown.length ? ["Unknown: ", ...dotted(unknown.slice(0, LISTED).map(({text}) => [name(text)]))] : [],
           "muted"));
  }

  showUnits() {
    const {hs, x, rows, tokens} = this.found, {b} = this.network.features, h = hs[0];
    const largest = h.indexOf(Math.max(...h)), unit = this.chosen ? this.chosen - 1 : largest;
    if (document.activeElement !== this.unit) this.unit.value = unit + 1;
    const n_above = h.reduce((n, value) => n + (value > 0), 0);
    this.units.replaceChildren(
      made("p", `Each of ${count(h.length)} units has a weight W for every token, and a bias b. It adds up ` +
        `z = x₁W₁ + x₂W₂ + … + b, and h = ${FORMULA}. The bars are h. ${count(n_above)} are above 0; the ` +
        `largest is h${subscript(largest + 1)} = ${number(h[largest])}.`),
      ...hs.map((values, layer) => strip(values, layer ? -1 : unit)),
      made("p", hs.length > 1 ? "Each lower row of bars is computed from the one above it in the same way." : []));
    const texts = new Map(tokens.map(({column, text}) => [column, text]));
    const terms = [...x].map(([column, value]) => (
      {what: name(texts.get(column)), value, weight: rows.get(column)[unit]}));
    this.sum.replaceChildren(
      sum(["token", "x", "W", "x · W"], terms, b[unit], "z"),
      made("p", `h${subscript(unit + 1)} = ${FORMULA} = ${number(h[unit])}`, "formula"));
  }

  showLogit() {
    const {hs, z, top} = this.found, {about, labels, dense} = this.network;
    const {label, p} = top.find(one => String(one.label) === this.category.value), weights = dense.at(-1)[label];
    const terms = Array.from(hs.at(-1), (value, unit) => (
      {what: `h${subscript(unit + 1)}`, value, weight: weights[unit]}));
    const every = z[label] + Math.log(z.reduce((total, value) => total + Math.exp(value - z[label]), 0));
    const how = about.output === "sigmoid" ? `1 / (1 + e^−z) = 1 / (1 + e^${number(-z[label])})`
      : `e^z / (the sum of e^z over all categories) = e^(${number(z[label])} − ${number(every)})`;
    this.logit.replaceChildren(
      sum(["unit", "h", "W", "h · W"], terms, labels.b[label], "z"),
      made("p", `p = ${how} = ${number(p, 4)}`, "formula"));
  }
}

// The values as bars side by side; the one at `marked` stands out.
function strip(values, marked) {
  const largest = Math.max(...values, 1e-9);
  const bars = Array.from(values, (value, i) => {
    const bar = made("span", [], i === marked ? "marked" : "");
    bar.style.height = `${Math.max(100 * value / largest, 2)}%`;
    return bar;
  });
  return Object.assign(made("div", bars, "strip"), {ariaHidden: "true"});
}

// A sum of products: its largest terms, those that are left together, the bias, and the sum, which is called `what`.
function sum(head, terms, bias, what) {
  const products = terms.map(term => ({...term, product: term.value * term.weight}))
    .filter(({product}) => product !== 0).sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const total = some => some.reduce((total, {product}) => total + product, 0), others = products.slice(TERMS);
  const rows = products.slice(0, TERMS).map(({what, value, weight, product}) => (
    [what, number(value), number(weight), number(product)]));
  if (others.length) rows.push([`${count(others.length)} others`, "", "", number(total(others))]);
  rows.push(["bias b", "", "", number(bias)], [what, "", "", number(total(products) + bias)]);
  return table(head, rows, "A sum", "sum");
}
