// What a person sees: the field for titles, the categories as bars, the words for and against them; and the address,
// which holds all that was typed or chosen, so that a link opens the page as it was.

const SHOWN = 5, MOST_SHOWN = 50;  // categories
const LONGEST_ADDRESS = 4000;  // characters of titles that are in it
const SAID = 4;  // words for a category, and against it, beside its bar

class View {
  constructor(network, n_bytes) {
    this.network = network;
    this.inputs = {title: element("titles"), shown: element("shown"), above: element("above")};
    this.usual = {title: network.about.example, shown: Math.min(SHOWN, network.about.labels.length),
                  above: Math.round(100 * network.about.threshold) / 100};
    this.inputs.shown.max = Math.min(MOST_SHOWN, network.about.labels.length);
    this.sheet = new Sheet(network, element("steps"));
    this.titles = new Titles(network);
    element("about").textContent = facts(network, n_bytes);
    for (const input of Object.values(this.inputs)) {
      input.disabled = false;
      input.addEventListener("input", () => this.changed());
    }
    for (const id of ["effects", "sheet"]) element(id).addEventListener("toggle", () => this.showDetails());
    addEventListener("hashchange", () => this.readAddress());
    this.readAddress();
  }

  numberShown(text) { return Math.round(bounded(text, 1, this.inputs.shown.max, this.usual.shown)); }
  share(text) { return bounded(text, 0, 1, this.usual.above); }
  get k() { return this.numberShown(this.inputs.shown.value); }
  get threshold() { return this.share(this.inputs.above.value); }

  readAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    this.inputs.title.value = state.get("title") ?? this.usual.title;
    this.inputs.shown.value = this.numberShown(state.get("shown"));
    this.inputs.above.value = this.share(state.get("above"));
    this.show();
  }

  changed() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.writeAddress(), PAUSE);
    this.show();
  }

  writeAddress() {
    const title = this.inputs.title.value;
    const state = {...title.length <= LONGEST_ADDRESS && {title}, shown: this.k, above: this.threshold};
    history.replaceState(null, "", "#" + new URLSearchParams(state));
  }

  // Every line is a title, if more than one has a word.
  show() {
    const lines = this.inputs.title.value.trimEnd().split(/\r\n|\r|\n/u);
    const isMany = lines.filter(line => line.trim()).length > 1;
    this.inputs.title.rows = Math.min(Math.max(lines.length, 2), 12);
    element("one").hidden = isMany;
    element("many").hidden = !isMany;
    element("words").replaceChildren();
    this.titles.stop();
    this.found = null;
    if (isMany) this.titles.show(lines, this.k, this.threshold, say);
    else this.showOne(lines.join(" "));
  }

  showOne(title) {
    if (this.network.isTooLong(title)) {
      element("one").hidden = true;
      say(`This is no title: it has more than ${count(MOST_CHARACTERS)} characters.`);
      return;
    }
    const found = this.found = this.network.forward(title), isKnown = found.x.size > 0, {labels} = this.network.about;
    found.top = this.network.top(found.logits, this.k);
    const named = new Set(found.top.filter(({p}, place) => isKnown && isNamed(p, place, this.threshold)));
    this.showWords(found);
    element("found").replaceChildren(...found.top.map(one => bar(labels[one.label], one.p, named.has(one))));
    const isLong = found.words.length > MOST_EXPLAINED;
    element("effects").hidden = isLong || !found.words.length;
    say((isKnown ? `Named: ${[...named].map(({label}) => plain(labels[label])).join(", ")}.`
      : "Without a known word these are only the frequencies of the categories, and none is named.") +
      (isLong ? ` What each word does is shown for titles of up to ${count(MOST_EXPLAINED)} words.` : ""));
    this.showDetails();
    if (!isLong) this.showEffects(found);
  }

  // The words as the network reads them; those that it does not know are greyed.
  showWords(found) {
    const unknown = this.network.unknown(found);
    element("words").replaceChildren(...[...new Set(found.words)].slice(0, LISTED).flatMap(word => {
      const shown = name(word);
      if (unknown.has(word)) {
        shown.className = "unknown";
        shown.append(made("span", " (unknown)", "sr"));
      }
      return [shown, " "];
    }), unknown.size ? made("span", "greyed: unknown to the network", "muted") : "");
  }

  // The words for and against each category, when the bars are seen; a newer title ends the work.
  async showEffects(found) {
    const every = [];
    let began = await rested(0);
    for (const effects of this.network.explain(found, found.top)) {
      every.push(effects);
      began = await rested(began);
      if (this.found !== found) return;
    }
    found.effects = every;
    [...element("found").children].forEach((item, j) => {
      const effects = every.map(({word, effects}) => ({word, p: effects[j].p}))
        .filter(({p}) => Math.abs(p) >= 0.0005).sort((a, b) => Math.abs(b.p) - Math.abs(a.p));
      item.querySelector(".why").replaceChildren(
        ...some("for", effects.filter(({p}) => p > 0)), ...some("against", effects.filter(({p}) => p < 0)));
    });
    this.showDetails();
  }

  // What is closed is not computed.
  showDetails() {
    if (!this.found) return;
    if (element("effects").open && this.found.effects) this.showEffectTable(this.found);
    if (element("sheet").open) this.sheet.show(this.found);
  }

  showEffectTable({top, effects}) {
    const largest = Math.max(...effects.flatMap(({effects}) => effects.map(({logit}) => Math.abs(logit))), 1e-9);
    const colored = ({logit, p}) => {
      if (logit === 0) return made("td", "0", "muted");
      const td = made("td", [signed(logit, 2), made("small", signed(100 * p, 1))], logit > 0 ? "for" : "against");
      td.style.setProperty("--strength", `${Math.round(45 * Math.abs(logit) / largest)}%`);
      return td;
    };
    element("effect-table").replaceChildren(table(
      ["word", ...top.map(({label}) => name(this.network.about.labels[label]))],
      effects.slice(0, LISTED).map(({word, effects}) => [name(word), ...effects.map(colored)]), "What each word does"));
  }
}

const say = text => { element("said").textContent = text; };

// A category of the list.
function bar(label, p, isNamed) {
  const filled = made("span", [], "bar");
  filled.style.width = `${100 * p}%`;
  const track = Object.assign(made("span", filled, "track"), {ariaHidden: "true"});
  return made("li", [made("span", percent(p), "p"), made("span", name(label), "name"), track, made("span", [], "why")],
              isNamed ? "named" : "");
}

// The words that are `for` a category, or `against` it, the strongest of them.
function some(kind, effects) {
  const words = effects.slice(0, SAID).map(({word, p}) => [name(word), "\u00a0" + signed(100 * p, 1)]);
  return effects.length ? [made("span", [made("i", kind), " ", ...dotted(words)], kind), " "] : [];
}

// What the page has of its model.
function facts({about, features, labels}, n_bytes) {
  const {n_words, words, n_records, hash_size} = about;
  const kept = hash_size ? `${count(n_words)} columns for words`
    : `${words.length < n_words ? `${count(words.length)} of ${count(n_words)}` : count(n_words)} words`;
  const bits = ({w}) => either([...new Set(w.bits)].filter(b => b).sort((a, b) => a - b));
  const rounded = bits(features) === "32" ? ""
    : ` Its numbers are rounded, those of a word to ${bits(features)} bits, the others to ${bits(labels)}.`;
  return `A network that knows ${kept} and ${count(labels.b.length)} categories, learnt from ${count(n_records)} ` +
    `titles. This page has ${(n_bytes / 1e6).toFixed(2)} MB.${rounded}`;
}

let view;  // for whoever looks at it from the browser's console

(async () => {
  try {
    const text = element("model").textContent, model = await unpacked(text);
    element("model").remove();  // its memory
    view = new View(new Network(model), model.about.bytes_beside + text.length);
  } catch (error) {
    element("about").textContent = `This page wants a browser of 2023 or later. (${error.message})`;
  }
})();
