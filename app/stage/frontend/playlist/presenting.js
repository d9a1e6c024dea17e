/**
 * Walking the pins: a bar in place of the app's navigation, Page Down and Page Up, and Escape.
 *
 * The rule of the keys: while pins are presented, Page Down and Page Up are the playlist's, before
 * the story's, a slider's or a list's; → and ← stay the story's. Else they are the story's. A key is
 * nobody's while it is typed into a field, or while a dialog is open.
 */
import { button, element } from "../dom.js";
import { goTo } from "./arrival.js";
import { addressOf, lookOf, missingPage } from "./pins.js";

const KEY = "stn presenting"; // of this tab: {pins, at, isBare}
const WAYS = { PageDown: 1, PageUp: -1 };
const TYPED =
  "textarea, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio], [type=button], [role=combobox][aria-expanded=false])";
const OVERLAY = "dialog[open], [role=dialog]:not(.stn-playlist), [data-testid=stPopoverBody], [role=listbox]";
const ON = "stn-presenting"; // of the document

let now = load();

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep() {
  try {
    if (now) sessionStorage.setItem(KEY, JSON.stringify(now));
    else sessionStorage.removeItem(KEY);
  } catch {
    // the browser stores nothing for this page: it is kept until a reload
  }
}

export const isPresenting = () => now !== null;

/** The pin that is presented, or null. */
export const pinPresented = () => now && now.pins[now.at];

export class Presenting {
  /**
   * @param {HTMLElement} root  of all that is the playlist's
   * @param {Object<string, string>} pages  their titles, by name
   * @param {() => void} showList
   */
  constructor(root, pages, showList) {
    this.pages = pages;
    this.title = button("", () => this.go(now.at), { className: "title", title: "Show this pin again, as it was pinned" });
    this.note = element("p", { className: "note", onclick: () => this.node.classList.toggle("whole") });
    this.back = button("◂", () => this.step(-1), { className: "arrow", title: "Previous pin (Page Up)", ariaLabel: "Previous pin" });
    this.where = button("", showList, { className: "where", title: "Show the playlist" });
    this.on = button("▸", () => this.step(1), { className: "arrow", title: "Next pin (Page Down)", ariaLabel: "Next pin" });
    this.notes = button("Notes", () => this.toggleNotes(), { className: "notes", title: "Show or hide the notes" });
    const end = button("×", () => this.stop(), { title: "Stop presenting (Escape)", ariaLabel: "Stop presenting" });
    this.spoken = element("p", { className: "spoken", ariaLive: "polite" });
    this.node = element(
      "div", { className: "bar", role: "region", ariaLabel: "Playlist that is presented", hidden: true },
      element("div", { className: "words" }, this.title, this.note),
      element("div", { className: "ways" }, this.notes, this.back, this.where, this.on, end),
      this.spoken
    ); // prettier-ignore
    root.append(this.node);
    window.addEventListener("keydown", (event) => this.walk(event), true); // before a slider has it, or the story
    document.addEventListener("keydown", (event) => this.leave(event));
    this.show();
  }

  /**
   * @param {import("./pins.js").Pin[]} pins
   * @param {Object<string, string>|null} look  how pages are presented from now on; null: as they are
   */
  start(pins, at, look) {
    now = { pins, at, isBare: now?.isBare ?? false };
    if (!look || JSON.stringify(look) === JSON.stringify(lookOf())) return this.go(at);
    keep();
    const { origin, pathname } = window.location;
    // Loaded anew: Python takes from an address how pages are presented once a visit.
    const here = `${origin}${pathname}?${new URLSearchParams(look)}`;
    window.location.assign(missingPage(pins[at], this.pages) ? here : addressOf(pins[at], here));
  }

  /** The list has been changed in this tab: its pins from now on, at the one that is presented. */
  take(pins) {
    if (!now) return;
    const { id } = pinPresented();
    const at = pins.findIndex((pin) => pin.id === id);
    if (!pins.length) return this.stop();
    now = { ...now, pins, at: at < 0 ? Math.min(now.at, pins.length - 1) : at };
    keep();
    this.show();
  }

  step(by) {
    const to = now.at + by;
    if (now.pins[to]) this.go(to);
    else this.spoken.textContent = by > 0 ? "This is the last pin." : "This is the first pin.";
  }

  go(at) {
    now.at = at;
    keep();
    this.show();
    if (!missingPage(now.pins[at], this.pages)) goTo(addressOf(now.pins[at]));
  }

  stop() {
    now = null;
    keep();
    this.show();
  }

  toggleNotes() {
    now.isBare = !now.isBare;
    keep();
    this.show();
  }

  show() {
    document.documentElement.classList.toggle(ON, isPresenting());
    this.node.hidden = !isPresenting();
    if (!isPresenting()) return;
    const { pins, at, isBare } = now;
    const { title } = pins[at];
    const missing = missingPage(pins[at], this.pages);
    const note = missing || pins[at].note;
    const place = `${at + 1} of ${pins.length}`;
    this.title.textContent = title;
    Object.assign(this.note, { textContent: note, title: note, hidden: !missing && (isBare || !note) });
    this.node.classList.remove("whole");
    this.where.textContent = place;
    this.back.disabled = at === 0;
    this.on.disabled = at === pins.length - 1;
    this.notes.setAttribute("aria-pressed", String(!isBare));
    this.spoken.textContent = `Pin ${place}: ${title}${missing && `. ${missing}`}`;
  }

  walk(event) {
    const by = WAYS[event.key];
    if (!by || !this.isOurs(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) this.step(by);
  }

  leave(event) {
    if (event.key === "Escape" && !event.defaultPrevented && this.isOurs(event)) this.stop();
  }

  isOurs(event) {
    if (!isPresenting() || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    const [target] = event.composedPath();
    return !(target instanceof Element && target.closest(TYPED)) && !document.querySelector(OVERLAY);
  }
}
