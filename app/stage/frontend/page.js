/**
 * Stages as a page of their own: a file that has all that it shows, and asks nobody. One stage is
 * seen at a time.
 */
import { decode } from "./decode.js";
import { button, element } from "./dom.js";
import { LAYOUTS } from "./layouts/layouts.js";
import { recolouring, variablesOf } from "./output/theme.js";
import { listen } from "./parts/keys.js";
import { holdNetwork } from "./parts/networks.js";
import { letFingersScroll } from "./parts/touch.js";

const PYTHON = { tell() {}, choose() {} }; // there is none
const TURNS = { PageDown: 1, PageUp: -1 }; // what a clicker sends
const OTHER = { light: "dark", dark: "light" };

/** One stage: its title, a line on it, the figure, and what stands beside that. */
class Shown {
  constructor({ title, note, parts, states, source, theme, link }, number) {
    Object.assign(this, { title, note, source, states, link, drawnIn: theme });
    // What stands here is of this stage alone, also where another one shows the same input.
    const group = (name) => name && `${number}/${name}`;
    this.parts = parts.map((part) => ({
      ...part,
      links: false,
      ...(part.group && { group: group(part.group) }),
      ...(part.run && { run: { ...part.run, group: group(part.run.group) } }),
    }));
    this.node = element("div", { className: "parts", hidden: true });
  }

  /** @param {"light"|"dark"} theme */
  show(theme) {
    this.node.hidden = false;
    if (this.layouts) this.recolour(theme);
    else this.mount(theme);
  }

  hide() {
    this.node.hidden = true;
    for (const { transport } of this.layouts ?? []) transport?.head.pause();
  }

  mount(theme) {
    this.theme = theme;
    if (this.link) this.node.append(element("p", {}, "This needs the app: ", element("a", { href: this.link, textContent: "open it there", target: "_blank" }), "."));
    this.layouts = this.parts.map((part) => {
      const root = element("div", { className: `stage ${part.layout}-part` });
      this.node.append(root);
      return new LAYOUTS[part.layout](root, PYTHON);
    });
    const resizes = new ResizeObserver((entries) => {
      for (const { target } of entries) if (target.clientWidth) this.layouts.find(({ root }) => root === target).redraw();
    });
    this.layouts.forEach((layout, i) => {
      listen(layout, layout.root);
      layout.update(decode(this.coloured(i)));
    });
    this.layouts.forEach((layout) => this.restore(layout));
    this.fold();
    this.layouts.forEach(({ root }) => resizes.observe(root));
  }

  /** Where a hand had left it; a state that does not fit leaves it as it was at first. */
  restore(layout) {
    const state = this.states[layout.data.token];
    if (!state) return;
    try {
      layout.restore?.(state);
    } catch (error) {
      console.warn(`The state of ${layout.data.token} does not fit: ${error.message}`);
    }
  }

  /** What would not fit into the window is folded away at first: θ in numbers. */
  fold() {
    const { scrollHeight, clientHeight } = document.documentElement;
    if (scrollHeight <= clientHeight) return;
    for (const details of this.node.querySelectorAll(".large-part > details[open]")) details.open = false;
  }

  /** The data of a part, its curves and bars in the colours of the theme. */
  coloured(i) {
    const part = this.parts[i];
    const now = recolouring(this.drawnIn, this.theme);
    const { colours, rows } = part;
    const lines = Object.entries(colours ?? {}).filter(([name]) => ["series", "networks"].includes(name));
    return {
      ...part,
      ...(colours && { colours: { ...colours, ...Object.fromEntries(lines.map(([name, list]) => [name, list.map(now)])) } }),
      ...(part.layout === "verdicts" && { rows: rows.map((row) => ({ ...row, colour: now(row.colour) })) }),
    };
  }

  recolour(theme) {
    if (theme === this.theme) return;
    const before = this.parts.map((_, i) => JSON.stringify(this.coloured(i)));
    this.theme = theme;
    this.layouts.forEach((layout, i) => {
      const data = this.coloured(i);
      if (JSON.stringify(data) !== before[i]) layout.update(decode(data));
      layout.redraw();
    });
  }
}

/** All of them, and what stands around the one that is seen. */
class Page {
  constructor({ stages, theme, paper, licences }) {
    const wishes = window.location.hash.slice(1).split(","); // `#3,dark` opens the third one, dark
    Object.assign(this, { paper, chosen: wishes.find((wish) => wish in OTHER) ?? theme, at: 0 });
    this.stages = stages.map((stage, i) => new Shown(stage, i));
    this.title = element("h1");
    this.note = element("p");
    this.source = element("p");
    this.colours = button("", () => this.choose(OTHER[this.theme]), { className: "colours" });
    const ways = this.ways();
    const about = element("details", {}, element("summary", { textContent: "Licences" }), element("p", { textContent: licences }));
    document.body.append(
      element("header", {}, element("div", {}, this.title, this.note), ...(stages.length > 1 ? [ways] : [])),
      element("main", {}, ...this.stages.map(({ node }) => node)),
      element("footer", {}, this.colours, this.source, about)
    );
    this.dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.paint());
    if (stages.length > 1) document.addEventListener("keydown", (event) => this.press(event), true);
    const asked = wishes.map((wish) => Number(wish) - 1).find((at) => this.stages[at]);
    this.go(asked ?? 0);
  }

  /** Buttons to the next stage and the one before, and which of them this is. */
  ways() {
    const way = (text, by, name, key) => button(text, () => this.go(this.at + by), { title: `${name} (${key})`, ariaLabel: name });
    this.back = way("←", -1, "Previous figure", "Page Up");
    this.next = way("→", 1, "Next figure", "Page Down");
    this.count = element("output", { className: "count" });
    return element("nav", { className: "turns", ariaLabel: "Figures" }, this.back, this.count, this.next);
  }

  press(event) {
    const by = TURNS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // a story would take it for its own steps
    this.go(this.at + by);
  }

  go(at) {
    if (!this.stages[at]) return;
    this.stages[this.at].hide();
    this.at = at;
    const { title, note, source } = this.stages[at];
    this.title.textContent = title;
    this.note.textContent = note;
    this.source.textContent = `${this.paper}${source && `, ${source}`}.`;
    if (this.count) {
      this.count.textContent = `${at + 1} / ${this.stages.length}`;
      this.back.disabled = at === 0;
      this.next.disabled = at === this.stages.length - 1;
    }
    this.paint();
    window.scrollTo(0, 0);
  }

  // -- light and dark

  get theme() {
    return this.chosen ?? (this.dark.matches ? "dark" : "light");
  }

  choose(theme) {
    this.chosen = theme;
    this.paint();
  }

  paint() {
    const { theme } = this;
    const { style } = document.documentElement;
    for (const [variable, colour] of variablesOf(theme)) style.setProperty(variable, colour);
    style.colorScheme = theme;
    this.colours.textContent = theme === "dark" ? "Light" : "Dark";
    this.colours.title = `${this.colours.textContent} colours`;
    this.stages[this.at].show(theme);
  }
}

/** @returns {Page}  to be looked at in a console */
export default function start() {
  for (const { textContent } of document.querySelectorAll("script[type='application/octet-stream']")) {
    holdNetwork(Uint8Array.from(atob(textContent), (character) => character.charCodeAt(0)));
  }
  letFingersScroll();
  return new Page(JSON.parse(document.getElementById("content").textContent));
}
