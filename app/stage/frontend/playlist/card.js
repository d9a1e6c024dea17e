/** "Pin this", at the top right of every page; and what a pin is called, right after it was made. */
import { button, element } from "../dom.js";
import * as list from "./list.js";
import { MAX_PINS } from "./pins.js";

const PIN = `<svg viewBox="0 0 16 16" width="0.95em" height="0.95em" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"><path d="M5.5 1.5h5M6.5 1.5v5l-2.5 3h8l-2.5-3v-5M8 9.500v5"/></svg> `;

export class Dock {
  /** @param {HTMLElement} root  @param {() => import("./pins.js").Pin} pinOfNow  @param {() => void} showList */
  constructor(root, pinOfNow, showList) {
    this.pinOfNow = pinOfNow;
    this.pin = button("", () => this.add(), { innerHTML: `${PIN}Pin this`, title: "Keeps this page as it is now, with θ, playhead and view, for a lecture" });
    this.list = button("", showList, { title: "The lecture playlist: your pins, to be presented" });
    this.node = element("div", { className: "dock", role: "group", ariaLabel: "Lecture playlist" }, this.pin, this.list);
    this.words = element("b");
    this.title = this.field("Title", 120);
    this.note = this.field("Note", 400, "Shown while you present");
    const undo = button("Undo", () => this.undo());
    const done = button("Done", () => this.close(), { className: "main" });
    this.card = element(
      "form", { className: "card", hidden: true, ariaLabel: "The new pin" },
      this.words, this.title.node, this.note.node, element("div", { className: "buttons" }, done, undo)
    ); // prettier-ignore
    this.card.onsubmit = (event) => {
      event.preventDefault();
      this.close();
    };
    this.card.onkeydown = (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) this.close();
      else if (event.key === "Escape") this.close();
      else return;
      event.preventDefault();
    };
    document.addEventListener("pointerdown", (event) => !event.composedPath().includes(root) && this.close(false), true);
    root.append(this.node, this.card);
    list.onChange(() => this.show());
    this.show();
  }

  field(name, maxLength, placeholder = "") {
    const input = element("input", { type: "text", maxLength, placeholder });
    input.oninput = () => list.edit(this.id, { [name.toLowerCase()]: input.value });
    return { input, node: element("label", {}, element("span", { textContent: name }), input) };
  }

  /** Pin the page as it is now. */
  add() {
    if (list.pins().length >= MAX_PINS) return this.list.click();
    const pin = this.pinOfNow();
    list.add(pin);
    this.id = pin.id;
    this.title.input.value = pin.title;
    this.note.input.value = "";
    this.words.textContent = `Pinned as number ${list.pins().length}`;
    this.card.hidden = false;
    this.title.input.select();
  }

  undo() {
    list.remove(this.id);
    this.close();
  }

  /** @param {boolean} byKeys  the focus goes back to where it came from */
  close(byKeys = true) {
    if (this.card.hidden) return;
    this.card.hidden = true;
    if (byKeys) this.pin.focus();
  }

  show() {
    const { length } = list.pins();
    this.list.textContent = length ? `Playlist (${length})` : "Playlist";
  }
}
