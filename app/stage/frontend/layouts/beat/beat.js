/**
 * Beat the network: ten tilted digits are brought upright by hand, against the clock; then the
 * network does the same ten. The browser keeps the time and runs the network.
 */
import { button, element } from "../../dom.js";
import { IDENTITY, affine } from "../../maths/affine.js";
import { Loss } from "../../maths/loss.js";
import { exporter } from "../../output/export.js";
import { isLike } from "../../output/link.js";
import { Handles } from "../../parts/handles.js";
import { pairOf } from "../../parts/pair.js";
import { settle } from "../../parts/stage_mode.js";
import { Transport } from "../../parts/transport.js";
import { ClassesBox } from "../story/boxes.js";
import { Reader } from "../story/reader.js";
import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { roundsOf } from "./score.js";

const CAPTIONS = {
  U: "Image U<span class='hint'>. Drag the frame; its corners turn and scale it</span>",
  V: "Output V: what the classifier reads",
};
const RULES =
  "Drag the frame over the digit and turn it by a corner, until the digit is upright in the output. Then take the next one: <b>Enter</b>, or the button.";
const REST_MILLISECONDS = 2000; // without a move: the visitor is satisfied

/** @typedef {"ready"|"playing"|"paused"|"over"} Phase  of a game, which is in the node's data-phase */

export class Beat {
  /** @param {HTMLElement} root  @param {{choose: (id: string) => void}} python */
  constructor(root, python) {
    this.root = root;
    this.python = python;
    this.clock = new Clock(() => this.finish());
  }

  update(data) {
    const before = this.data;
    this.data = data;
    if (before?.token !== data.token) this.build();
  }

  build() {
    this.stop();
    const { network } = this.data;
    this.reader = new Reader(network);
    this.pair = pairOf(this.data, this.reader.form, { captions: CAPTIONS });
    this.classes = new ClassesBox(network.size / network.pool);
    this.transport = new Transport(() => {}, () => {}); // for its files alone: nothing is played
    this.transport.node.classList.add("still");
    this.transport.more.append(exporter(this));
    this.empty = element("p", { className: "empty" });
    this.game = element("div", { className: "game" }, this.pair.node, this.side());
    this.node = element("div", { className: "beat" }, this.game);
    this.root.replaceChildren(this.node, this.transport.node);
    this.ready();
  }

  /** The clock, what is read, and the button. */
  side() {
    const [verdict, , rows] = this.classes.nodes;
    this.count = element("p", { className: "count" });
    this.rules = element("p", { className: "rules", innerHTML: RULES });
    this.go = button("", () => this.takeNext(), { className: "main" });
    this.byItself = element("input", { type: "checkbox", onchange: () => this.await() });
    const option = element("label", {}, this.byItself, ` next by itself ${REST_MILLISECONDS / 1000} s after the last move`);
    return element("div", { className: "side" }, this.clock.node, this.count, this.rules, this.go, option, verdict, rows);
  }

  // -- a game

  /** @param {Phase} phase */
  enter(phase) {
    this.phase = this.node.dataset.phase = phase;
    this.transport.node.hidden = phase !== "over";
  }

  ready() {
    const { digits, seconds } = this.data;
    this.thetas = [];
    this.rounds = [];
    this.clock.set(seconds);
    this.count.textContent = `${digits.length} digits`;
    this.cover("ready", "Start");
  }

  /** Nothing is seen of the digits until the visitor presses a button of this name. */
  cover(phase, name) {
    const { size } = this.data.network;
    const blank = { pixels: new Uint8Array(size * size), channels: 1, height: size, width: size };
    this.go.textContent = name;
    this.empty.textContent = `Press ${name}`;
    this.pair.us[0].square.append(this.empty);
    this.enter(phase);
    this.pair.show(blank, `U: empty until you press ${name}`, [IDENTITY]);
  }

  /** The clock runs from where it stands. @param {number} turn  of the digits, from 0 on */
  start(turn, theta = IDENTITY) {
    this.empty.remove();
    this.enter("playing");
    this.handles = new Handles(this.pair.us[0].square, affine([1, 1], "the frame", true), (theta) => this.move(theta));
    this.clock.start();
    this.deal(turn);
    this.show(theta);
  }

  /** A game that was left goes on from where it stood: the clock did not run meanwhile. */
  pause(turn, theta, spent) {
    Object.assign(this, { turn, theta });
    this.clock.set(this.data.seconds, spent);
    this.count.textContent = `Digit ${turn + 1} of ${this.data.digits.length}, not finished`;
    this.cover("paused", "Continue");
  }

  /** @param {number} turn  of the digits, from 0 on */
  deal(turn) {
    const { digits, network } = this.data;
    this.turn = turn;
    this.loss = new Loss(network, digits[turn].label);
    this.count.textContent = `Digit ${turn + 1} of ${digits.length}`;
    this.go.textContent = turn + 1 < digits.length ? "Next digit" : "Done";
    this.show(IDENTITY);
    this.handles.body.focus({ preventScroll: true });
  }

  /** A hand has moved the frame. */
  move(theta) {
    this.show(theta);
    this.await();
  }

  /** Go on once the hand rests, where the visitor wants that. */
  await() {
    clearTimeout(this.resting);
    if (this.phase !== "playing" || !this.byItself.checked) return;
    this.resting = setTimeout(() => (this.handles.held ? this.await() : this.next()), REST_MILLISECONDS);
  }

  show(theta) {
    const { source, label } = this.data.digits[this.turn];
    this.theta = theta;
    this.pair.show(source, `U: a distorted ${label}, with the frame on it`, [theta]);
    const { layers } = this.loss.forward(this.pair.outputs[0].pixels);
    this.classes.show(Array.from(layers.at(-1).values), label);
    this.handles.show(theta);
    this.root.dataset.theta = theta.join(",");
  }

  next() {
    clearTimeout(this.resting);
    if (this.turn + 1 === this.data.digits.length) return this.finish();
    this.thetas[this.turn] = this.theta;
    this.deal(this.turn + 1);
  }

  finish() {
    this.thetas[this.turn] = this.theta;
    this.conclude();
    this.board.heading.focus();
  }

  /** The board. */
  conclude() {
    this.stop();
    const { spent } = this.clock;
    const { digits, network } = this.data;
    const began = performance.now();
    const answers = digits.map(({ source }) => this.reader.localise(source).theta);
    const seconds = { you: spent, network: (performance.now() - began) / 1000 };
    this.rounds = roundsOf(this.reader, digits, this.thetas, answers);
    this.board = new Board(this.rounds, network.size, seconds, this.data.colours, () => this.python.choose("again"));
    this.node.replaceChildren(this.board.node);
    this.enter("over");
    this.board.draw();
    settle();
  }

  // -- what a layout has

  /** The first digit, or the next; false after the last. */
  takeNext() {
    if (this.phase === "over") return false;
    if (this.phase === "playing") this.next();
    else if (this.phase === "paused") this.start(this.turn, this.theta);
    else this.start(0);
    return true;
  }

  /** A game that has begun, for a reload, for Back and for a link. */
  state() {
    const { phase, thetas, turn, theta } = this;
    if (phase === "ready") return null;
    return { over: phase === "over", thetas, turn, theta, spent: this.clock.spent };
  }

  /** Be as that was left; false where it cannot be. */
  restore({ over, thetas, turn, theta, spent }) {
    const { digits, seconds } = this.data;
    const areThetas = Array.isArray(thetas) && thetas.every((one) => isLike(one, IDENTITY));
    const isTurn = Number.isInteger(turn) && turn in digits && thetas?.length === turn + Number(Boolean(over));
    if (!areThetas || !isTurn || !isLike(theta, IDENTITY) || !(spent >= 0 && spent <= seconds)) return false;
    this.thetas = thetas;
    this.pause(turn, theta, spent);
    if (over) this.conclude();
    return true;
  }

  get rowsAre() {
    return "For every digit: both angles off upright, both readings, and who has the point";
  }

  rows() {
    return this.rounds.map(({ digit, you, network, winner }) => ({
      label: digit.label,
      "you: degrees off": you?.off,
      "you: read as": you?.said,
      "network: degrees off": network.off,
      "network: read as": network.said,
      point: winner ?? "",
    }));
  }

  redraw() {
    if (this.phase === "over") this.board.draw();
    else this.pair?.redraw();
  }

  stop() {
    this.clock.stop();
    clearTimeout(this.resting);
    this.handles?.remove();
    this.handles = null;
  }
}
