/** What is reported to Python: when it rests, and, where Python asks for it, while it moves. */

const REST_MILLISECONDS = 150; // what has not moved for so long is at rest
const LIVE_MILLISECONDS = 100; // at most ten times a second
const PATIENCE_MILLISECONDS = 1500; // for an answer, which the next report waits for
const PRESSES = ["pointerdown", "keydown"];

let serial = Date.now(); // larger than any that an earlier page has sent

export class Reporter {
  /** @param {(value: object) => void} send */
  constructor(send) {
    this.send = send;
    this.sentAt = 0;
    // Before a press is heard anywhere else: what it asks for comes after this in Python, too.
    this.hurry = ({ key }) => this.moving && [undefined, "Enter", " "].includes(key) && this.post();
    for (const kind of PRESSES) window.addEventListener(kind, this.hurry, true);
  }

  /** @param {object} value  the state now  @param {boolean} live  to be sent while it moves */
  tell(value, live) {
    this.value = value;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.post(), REST_MILLISECONDS);
    this.moving = true;
    const waited = performance.now() - this.sentAt;
    const free = !this.awaited || waited > PATIENCE_MILLISECONDS;
    if (live && free && waited >= LIVE_MILLISECONDS) this.post();
  }

  /** At once. */
  post(value = this.value) {
    clearTimeout(this.rest);
    this.moving = false;
    const words = JSON.stringify(value);
    if (words === this.posted) return;
    this.posted = words;
    this.value = value;
    this.sentAt = performance.now();
    this.awaited = ++serial;
    this.send({ ...value, serial });
  }

  /** Whether Python has answered what is there now. */
  get settled() {
    return !this.moving && !this.awaited;
  }

  /** Python has answered this report. */
  answered(echo) {
    if (echo === this.awaited) this.awaited = 0;
  }

  stop() {
    clearTimeout(this.rest);
    for (const kind of PRESSES) window.removeEventListener(kind, this.hurry, true);
  }
}
