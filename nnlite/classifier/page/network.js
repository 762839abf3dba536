// The network: what the page carries becomes arrays; tokens become features, these hidden units, logits, probabilities.
// Sums are of JavaScript's numbers, float64; Python's are float32, so that the last digits differ. The activation
// and its FORMULA come from Python, see page.py.

const MOST_EXPLAINED = 1000;  // words of a title, as in Python's `explain`

// What the page carries: packed base64 text -> {about, arrays}; about is the JSON, arrays are by name.
async function unpacked(text) {
  const letters = atob(text), packed = new Uint8Array(letters.length);
  for (let i = 0; i < packed.length; i++) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = await new Response(stream).arrayBuffer();
  const size = new DataView(bytes).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, size)));
  const types = {uint8: Uint8Array, float32: Float32Array}, arrays = {};
  let at = 4 + size;
  for (const [name, type, length] of about.arrays) {
    const end = at + length * types[type].BYTES_PER_ELEMENT;
    arrays[name] = new types[type](bytes.slice(at, end));  // a copy, which begins where its type wants
    at = end;
  }
  return {about, arrays};
}

// A matrix whose row i has bits[i] for each number: 32 are float32; 2, 4 or 8 are codes of scales[i] times
// -(2^bits - 1) / 2, ..., (2^bits - 1) / 2. Byte j holds columns j, j + width, ..., the lowest bits first.
class Matrix {
  constructor(name, [n_rows, n_columns], arrays) {
    const part = kind => arrays[`${name}.${kind}`];
    Object.assign(this, {n_rows, n_columns, bits: part("bits"), scales: part("scales"), bytes: part("codes")});
    this.starts = new Uint32Array(n_rows + 1);
    for (let i = 0; i < n_rows; i++)
      this.starts[i + 1] = this.starts[i] + Math.ceil(n_columns / Math.floor(8 / Math.min(this.bits[i], 8))) *
        (this.bits[i] === 32 ? 4 : 1);
  }

  row(i) {
    const bits = this.bits[i], bytes = this.bytes.subarray(this.starts[i], this.starts[i + 1]);
    if (bits === 32) return new Float32Array(bytes.slice().buffer);
    if (bits === 0) return new Float32Array(this.n_columns);
    const row = new Float32Array(this.n_columns), scale = this.scales[i];
    const most = 2 ** bits - 1, width = bytes.length;
    for (let column = 0; column < row.length; column++) {
      const place = Math.floor(column / width);
      row[column] = scale * ((bytes[column - place * width] >> bits * place & most) - most / 2);
    }
    return row;
  }
}

const sigmoid = z => 1 / (1 + Math.exp(-z));

// The FNV-like hash of nnlite/kernels/hashing.py with its public secret, modulo a number of columns.
function hashedColumn(token, n_columns) {
  let state = 0x243F6A8885A308D3n;
  for (const character of token) {
    state = BigInt.asUintN(64, (state ^ BigInt(character.codePointAt(0))) * 0x9E3779B97F4A7C15n);
    state ^= state >> 32n;
  }
  return Number(state % BigInt(n_columns));
}

class Network {
  constructor({about, arrays}) {
    this.about = about;
    this.kinds = kindsOf(about.kinds);
    this.entities = new Map(Object.entries(about.entities));
    this.ids = new Map(about.words.map((word, id) => [word, id]));
    this.layers = about.layers.map(([name, shape]) => ({w: new Matrix(name, shape, arrays), b: arrays[`${name}.b`]}));
    this.features = this.layers[0];
    this.labels = this.layers.at(-1);
    this.dense = this.layers.slice(1).map(({w}) => Array.from({length: w.n_rows}, (_, i) => w.row(i)));
  }

  // The title as it is read: its words and tokens, each token with its column, or -1.
  read(title) {
    const {words, tokens} = tokenise(clean(title, this.entities), this.about.rules, this.kinds);
    for (const token of tokens) token.column = this.column(token.text);
    return {words, tokens};
  }

  column(text) {
    if (this.about.hash_size) return hashedColumn(text, this.about.hash_size);
    return this.ids.get(text) ?? -1;
  }

  isTooLong(title) {
    return title.length > MOST_CHARACTERS;
  }

  // The rows of W that a title takes, by column: they are looked up once, though `explain` needs them often.
  rowsOf(tokens) {
    const rows = new Map();
    for (const {column} of tokens)
      if (column >= 0 && !rows.has(column)) rows.set(column, this.features.w.row(column));
    return rows;
  }

  idf(column) {
    return Math.log((1 + this.about.n_records) / (1 + this.about.counts[column])) + 1;
  }

  // x: a Map of the columns and their values, for some of a title's tokens. Those of its shape count if others do.
  x(tokens) {
    const x = new Map();
    if (!tokens.some(({words, column}) => words && column >= 0)) return x;
    for (const {column} of tokens)
      if (column >= 0) x.set(column, (x.get(column) ?? 0) + 1);
    if (!this.about.tfidf) {
      for (const column of x.keys()) x.set(column, 1);
      return x;
    }
    let squares = 0;
    for (const [column, count] of x) {
      const value = Math.fround(count * this.idf(column));
      x.set(column, value);
      squares += value * value;
    }
    for (const [column, value] of x) x.set(column, Math.fround(value / Math.sqrt(squares)));
    return x;
  }

  // h of every hidden layer: h1 = act(x W + b), h2 = act(h1 W + b), ...
  hidden(x, rows) {
    let z = Float64Array.from(this.features.b);
    for (const [column, value] of x) addScaled(z, rows.get(column), value);
    const hs = [z.map(activation)];
    this.layers.slice(1, -1).forEach(({b}, i) => {
      z = Float64Array.from(b);
      this.dense[i].forEach((row, unit) => addScaled(z, row, hs[i][unit]));
      hs.push(z.map(activation));
    });
    return hs;
  }

  // z = h W^T + b of every label
  logits(h) {
    const w = this.dense.at(-1), {b} = this.labels;
    return Float64Array.from(w, (row, label) => b[label] + dot(row, h));
  }

  // The logit of each label's probability: z, or with a softmax log(p / (1 - p)) = z - log(sum of the others' e^z).
  logitsOfProbabilities(z) {
    if (this.about.output === "sigmoid") return z;
    const best = z.reduce((best, value, label) => value > z[best] ? label : best, 0), largest = z[best];
    const e = z.map(value => Math.exp(Math.max(value - largest, -80)));
    e[best] = 0;
    const smaller = e.reduce((sum, value) => sum + value, 0);
    return z.map((value, label) => value - largest - Math.log(label === best ? smaller : 1 + smaller - e[label]));
  }

  // All that is computed for a title, in the order of computation.
  forward(title) {
    const {words, tokens} = this.read(title), rows = this.rowsOf(tokens);
    const x = this.x(tokens), hs = this.hidden(x, rows), z = this.logits(hs.at(-1));
    const logits = this.logitsOfProbabilities(z);
    return {words, tokens, rows, x, hs, z, logits};
  }

  // The k likeliest labels, likeliest first: {label, logit, p}
  top(logits, k) {
    return likeliest(logits, k).map(label => ({label, logit: logits[label], p: sigmoid(logits[label])}));
  }

  // Of each different word its effects on the labels of `top`: yields {word, effects: [{logit, p}, ...]}. An effect is
  // the value with the word minus the value without it. A word is removed everywhere, with all tokens made of it; its
  // neighbours do not become a pair, and the shape stays.
  * explain({words, tokens, rows}, top) {
    for (const word of new Set(words)) {
      const kept = tokens.filter(token => !token.words?.includes(word));
      const logits = this.logitsOfProbabilities(this.logits(this.hidden(this.x(kept), rows).at(-1)));
      yield {word, effects: top.map(({label, logit, p}) => (
        {logit: logit - logits[label], p: p - sigmoid(logits[label])}))};
    }
  }

  // The different words that no known token is made of.
  unknown({words, tokens}) {
    const known = new Set(tokens.filter(({column, words}) => words && column >= 0).flatMap(({words}) => words));
    return new Set(words.filter(word => !known.has(word)));
  }
}

function addScaled(sum, row, factor) {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * row[i];
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

// The places of the k largest values, largest first; of equal ones the smaller place comes first.
function likeliest(values, k) {
  const best = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && values[i] <= values[best[k - 1]]) continue;
    let place = best.length;
    while (place > 0 && values[i] > values[best[place - 1]]) place--;
    best.splice(place, 0, i);
    best.length = Math.min(best.length, k);
  }
  return best;
}
