/**
 * What networks read in an input: each one's class, and bars of all probabilities. A network that
 * the browser runs answers in the frame in which a hand moves; the others when Python has.
 */
import { element } from "../dom.js";
import { AnswerLine } from "../parts/answer_line.js";
import { join, leave } from "../parts/company.js";
import { networkOf } from "../parts/networks.js";

const FRAME_MILLISECONDS = 33; // an answer that takes longer is not given in every frame
const REST_MILLISECONDS = 400; // of what is read aloud
const UNSEEN = 0.005; // a probability below it has no number

/** Never 100 %, which no softmax says; as app/panels/bars.py has it. */
const percent = (share) => (share > 0.999 ? "over 99.9 %" : `${(100 * share).toFixed(1)} %`);

export class Verdicts {
  /** @param {HTMLElement} root */
  constructor(root) {
    Object.assign(this, { root, live: new Map(), free: 0 });
    join(this);
  }

  get group() {
    return this.data?.group;
  }

  get isComplete() {
    return this.data.rows.every(({ network }) => networkOf(network));
  }

  update(data) {
    if (this.data?.token !== data.token) this.clear();
    const made = JSON.stringify([data.truth, data.each, data.headline, data.rows.map(({ title, colour, odds }) => [title, colour, odds.length])]);
    this.data = data;
    if (made !== this.made) this.build();
    this.made = made;
    this.show();
  }

  // -- what the stages tell

  /** What a network with a stage says of what that shows. */
  hear(id, answer) {
    this.live.set(id, answer);
    this.change();
  }

  /** U, for the networks that have no stage of their own. */
  see(poses, source) {
    if (this.poses === poses) return;
    this.poses = poses;
    this.source = source;
    clearTimeout(this.later);
    const wait = this.free - performance.now();
    if (wait > 0) this.later = setTimeout(() => this.read(), wait);
    else this.read();
  }

  /** A stage starts anew: Python's answers are right again. */
  forget() {
    this.clear();
    this.show();
  }

  clear() {
    this.live.clear();
    this.poses = null;
    clearTimeout(this.later);
  }

  read() {
    const begun = performance.now();
    for (const { network: id, staged } of this.data.rows) {
      if (!staged && networkOf(id)) this.live.set(id, networkOf(id).read([this.source]));
    }
    const took = performance.now() - begun;
    this.free = took > FRAME_MILLISECONDS ? performance.now() + 2 * took : 0;
    this.change();
  }

  change() {
    this.isMoving = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.isMoving = false;
      this.show();
    }, REST_MILLISECONDS);
    this.show();
  }

  // -- what is seen

  build() {
    const { rows, truth, each, headline } = this.data;
    const classes = rows[0].odds.map((_, c) => c);
    this.said = rows.map(({ colour, title }) => {
      const parts = { class: element("b", { className: "class" }), share: element("span"), mark: element("b"), done: element("span"), below: element("span", { className: "below" }) };
      const node = element("div", { className: "answer" }, element("b", { textContent: title }), " reads ", parts.class, " (", parts.share, ") ", parts.mark, parts.done, element("br"), parts.below);
      node.setAttribute("aria-live", "polite");
      node.style.borderColor = colour;
      return { ...parts, node };
    });
    const width = classes.length > 10 ? "many" : "few";
    this.bars = classes.map(() => rows.map(({ colour }) => ({ bar: element("i", { style: `background: ${colour}` }), share: element("span") })));
    const lines = classes.map((c) => {
      const name = element("span", {}, ...(c === truth ? [element("b", { textContent: c }), " ◂"] : [`${c}`]));
      return element("div", { className: "line" }, name, element("div", {}, ...this.bars[c].map(({ bar, share }) => element("div", { className: "bar" }, bar, share))));
    });
    this.chart = element("div", { className: `chances ${width}`, role: "img" }, ...lines);
    this.line?.stop();
    this.line = new AnswerLine(rows, this.said.at(-1).node);
    this.root.replaceChildren(
      element("div", { className: "verdicts" },
        ...(headline ? [element("p", { className: "headline", textContent: headline })] : []),
        ...this.said.map(({ node }) => node),
        this.chart,
        element("p", { className: "each", textContent: `Probability of ${each}; ◂ marks the true one.` })
      ),
      this.line.node
    );
  }

  show() {
    const { rows, truth, right, byHand, black, darkest } = this.data;
    const answers = rows.map((row) => ({ ...row, ...this.live.get(row.network) }));
    answers.forEach(({ odds, brightest, record, note, ...answer }, n) => {
      const best = odds.reduce((top, share, c) => (share > odds[top] ? c : top), 0);
      const said = this.said[n];
      const done = answer.byHand ? byHand : note;
      put(said.class, `${best}`);
      put(said.share, percent(odds[best]));
      put(said.mark, best === truth ? "✓" : `✗ — it is ${right}`);
      this.line.show(n, `${best} ${best === truth ? "✓" : "✗"}`, percent(odds[best]));
      put(said.done, done && ` · ${done}`);
      put(said.below, brightest < darkest ? black : record);
      said.node.setAttribute("aria-busy", String(Boolean(this.isMoving))); // read aloud when it rests
      odds.forEach((share, c) => {
        this.bars[c][n].bar.style.width = `calc(${Math.max(0.003, share).toFixed(3)} * (100% - 4.8rem))`;
        put(this.bars[c][n].share, share < UNSEEN ? "" : percent(share));
      });
    });
    if (this.isMoving) return;
    const words = answers.map(({ title, odds }) => {
      const seen = odds.flatMap((share, c) => (share < UNSEEN ? [] : [`${c} ${percent(share)}`]));
      return `${title}: ${seen.join(", ")}`;
    });
    this.chart.setAttribute("aria-label", `Class probabilities. ${words.join("; ")}`);
  }

  redraw() {}

  stop() {
    leave(this);
    this.line?.stop();
    clearTimeout(this.later);
    clearTimeout(this.rest);
  }
}

/** Words, where they are others. */
function put(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
