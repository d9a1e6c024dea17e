/** The list of the pins: to be named, ordered, deleted, presented, and taken away. */
import { button, element } from "../dom.js";
import { download } from "../output/download.js";
import * as list from "./list.js";
import { MAX_LINK_CHARS, fileOf, linkOf, readFile } from "./packing.js";
import { collected, joined } from "./page.js";
import { missingPage } from "./pins.js";

const EMPTY = `<b>No pins yet.</b> Open a page, set it up as you want to show it, and press <b>Pin this</b>, at the top
  right. A pin keeps the page, θ, the playhead and the view. Then present: Page Down and Page Up, or a clicker, walk
  the pins.`;
const FILE = "playlist.json";
const PAGE_FILE = "playlist.html";
const count = (n) => `${n} ${n === 1 ? "pin" : "pins"}`;

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {Object<string, string>} pages  their titles, by name
   * @param {(at: number) => void} present
   */
  constructor(root, pages, present) {
    Object.assign(this, { pages, present });
    this.rows = element("ol", { className: "rows" });
    this.empty = element("p", { className: "empty", innerHTML: EMPTY });
    this.said = element("div", { className: "said", role: "status" });
    this.field = element("input", { type: "text", readOnly: true, hidden: true, ariaLabel: "Link to the playlist" });
    this.file = element("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: () => this.load() });
    this.start = button("▶ Present", () => this.present(0), { className: "main" });
    this.back = button("", () => this.putBack());
    this.needsPins = [
      this.start,
      button("Copy link", () => this.copy(), { title: "One link that opens the whole playlist" }),
      button("Export page", () => this.collect(), { title: "The playlist as one HTML file that works without a network" }),
      button("Save as file", () => this.save(), { title: "A JSON file that Load file reads, on this machine or another" }),
    ];
    const load = button("Load file …", () => this.file.click(), { title: "A playlist that was saved as a file" });
    const close = button("×", () => this.dialog.close(), { className: "close", ariaLabel: "Close", title: "Close (Escape)" });
    this.buttons = element("div", { className: "buttons" }, ...this.needsPins, load, this.back, this.file);
    this.dialog = element(
      "dialog", { ariaLabel: "Lecture playlist" },
      element("div", { className: "head" }, element("h2", { textContent: "Lecture playlist" }), close),
      this.empty, this.rows, this.said, this.field, this.buttons
    ); // prettier-ignore
    this.closeBeside();
    root.append(this.dialog);
    list.onChange(() => this.dialog.open && !this.isEdited && this.render());
  }

  /** A click beside the dialog closes it: one that also began there, which a selection of text may not have. */
  closeBeside() {
    const { dialog } = this;
    let isBeside = false;
    dialog.onpointerdown = ({ target, clientX, clientY }) => {
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      isBeside = target === dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom);
    };
    dialog.onclick = ({ target }) => {
      if (isBeside && target === dialog) dialog.close();
    };
  }

  open(words = "", ...ways) {
    this.field.hidden = true;
    const isNew = !this.dialog.open;
    if (isNew) this.dialog.showModal();
    this.render();
    if (isNew) this.start.focus();
    this.say(words || (list.isKept() ? "" : "This browser keeps nothing for this page: copy the link, or save a file, before you close it."), ...ways);
  }

  close() {
    this.dialog.close();
  }

  say(words, ...ways) {
    this.said.replaceChildren(...(words ? [element("span", { textContent: words })] : []), ...ways);
  }

  // -- the pins

  /** The focus stays with the pin that has it, also where that is elsewhere now. */
  render() {
    const active = document.activeElement;
    const held = active?.closest(".rows li") && { id: active.closest("li").dataset.id, name: active.dataset.name };
    const pins = list.pins();
    this.rows.replaceChildren(...pins.map((pin, i) => this.row(pin, i, pins.length)));
    this.empty.hidden = pins.length > 0;
    this.needsPins.forEach((one) => (one.hidden = !pins.length));
    const former = list.former();
    this.back.hidden = !former.count;
    this.back.textContent = `Put back the list before (${count(former.pins)})`;
    if (held) this.focus(held.id, held.name);
  }

  focus(id, name) {
    const row = [...this.rows.children].find(({ dataset }) => dataset.id === id);
    const wanted = row?.querySelector(`[data-name="${name}"]`);
    (wanted?.disabled ? row.querySelector("input") : wanted)?.focus();
  }

  row(pin, i, all) {
    const { id } = pin;
    const page = this.pages[pin.page] ?? pin.page;
    const missing = missingPage(pin, this.pages);
    const input = (name, label, placeholder) => {
      const field = element("input", { type: "text", value: pin[name], placeholder, className: name, ariaLabel: `${label} of pin ${i + 1}`, maxLength: name === "title" ? 120 : 400 });
      field.oninput = () => this.edit(id, { [name]: field.value });
      field.dataset.name = name;
      return field;
    };
    const act = (text, name, label, onclick, disabled = false) => {
      const one = button(text, onclick, { title: label, ariaLabel: `${label}: pin ${i + 1}`, disabled });
      one.dataset.name = name;
      return one;
    };
    const row = element(
      "li", {},
      element("span", { className: "number", textContent: i + 1, title: page }),
      element(
        "div", { className: "texts" },
        input("title", "Title", page), input("note", "Note", "A note, shown while you present"),
        ...(missing ? [element("p", { className: "missing", textContent: missing })] : [])
      ),
      element(
        "div", { className: "acts" },
        act("▶", "present", "Present from here", () => this.present(i)),
        act("↑", "up", "Move up (Alt + ↑)", () => list.move(id, -1), i === 0),
        act("↓", "down", "Move down (Alt + ↓)", () => list.move(id, 1), i === all - 1),
        act("✕", "delete", "Delete", () => this.remove(id))
      )
    ); // prettier-ignore
    row.dataset.id = id;
    row.onkeydown = (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || !event.altKey) return;
      event.preventDefault();
      list.move(id, by);
    };
    return row;
  }

  edit(id, words) {
    this.isEdited = true; // what is typed stays as it is on the screen
    list.edit(id, words);
    this.isEdited = false;
  }

  remove(id) {
    const [pin, at] = list.remove(id);
    const undo = button("Undo", () => {
      list.add(pin, at);
      this.say("");
      this.focus(pin.id, "delete");
    });
    this.say(`Deleted “${pin.title}”.`, undo);
    undo.focus();
  }

  putBack() {
    list.putBack();
    this.say("");
  }

  // -- taken away, and brought back

  async copy() {
    const link = await linkOf(list.pins());
    if (link.length > MAX_LINK_CHARS) {
      const words = `The list is too long for a link: ${link.length.toLocaleString("en")} characters, and mail and chat programs cut a link after about ${MAX_LINK_CHARS.toLocaleString("en")}. Save it as a file instead.`;
      return this.say(words, button("Save as file", () => this.save()));
    }
    this.field.value = link;
    try {
      await navigator.clipboard.writeText(link);
      this.say(`Copied. The link opens the ${count(list.pins().length)} on any machine that reaches this app.`);
    } catch {
      this.field.hidden = false; // a browser gives the clipboard to secure pages alone
      this.field.select();
      this.say("Copy the link from the field.");
    }
  }

  save() {
    download(fileOf(list.pins()), FILE, "application/json");
    this.say(`Saved as ${FILE}. “Load file …” reads it.`);
  }

  /** What each pin becomes is said before the page is saved. */
  async collect() {
    const [pins, left] = [[], []];
    for (const pin of list.pins()) (missingPage(pin, this.pages) ? left : pins).push(pin);
    let isOn = true;
    const cancel = button("Cancel", () => (isOn = false));
    const files = await collected(pins, (done) => {
      this.say(`Taking pin ${done + 1} of ${pins.length} …`, cancel);
      return isOn && this.dialog.open;
    });
    if (!files) return this.say("Cancelled.");
    const titles = (some) => some.map(({ title }) => `“${title}”`).join(", ");
    const others = pins.filter((_, i) => !files[i]);
    if (others.length === pins.length) return this.say("None of these pins has a figure that works without the app. Use the link or the file.");
    const words = [
      `${count(pins.length - others.length)} will be a figure that works without a network.`,
      others.length && `${count(others.length)} will be a title, the note and a link to the app: ${titles(others)}.`,
      left.length && `This version has no page for ${titles(left)}, which will be left out.`,
    ];
    const save = button("Save page", () => {
      download(joined(pins, files), PAGE_FILE, "text/html");
      this.say(`Saved as ${PAGE_FILE}. It opens without a network.`);
    }, { className: "main" });
    this.say(words.filter(Boolean).join(" "), save);
    save.focus();
  }

  async load() {
    const [file] = this.file.files;
    this.file.value = ""; // so that the same one can be chosen again
    try {
      this.offer(readFile(await file.text(), this.pages));
    } catch (error) {
      this.say(`${error.message} Your list is as it was.`);
    }
  }

  /** A list that was read, if all of it is good; else it is for the visitor to say. @param {import("./packing.js").Read} read */
  offer({ pins, faults, look }) {
    const take = () => {
      list.replace(pins, Object.keys(look).length ? look : null);
      this.open(`Loaded ${count(pins.length)}.`);
    };
    if (!faults.length) return take();
    const ways = pins.length ? [button(`Take the other ${count(pins.length)}`, take)] : [];
    this.open(`${faults.join(" ")} Your list is as it was.`, ...ways);
  }
}
