/** A large pair among all that shows its input: what the browser runs of its network, and what the others are told. */
import { isAnswered, join, leave, posesElsewhere, tellAnew, tellAnswer, tellInput } from "../../parts/company.js";
import { networkOf } from "../../parts/networks.js";

export class Running {
  /** @param {import("./large.js").Large} large */
  constructor(large) {
    this.large = large;
  }

  get group() {
    return this.large.data.run?.group;
  }

  /** Undefined where Python runs it. @returns {import("../../maths/network.js").Network|undefined} */
  get network() {
    return networkOf(this.large.data.run?.network);
  }

  /** Whether Python is to be asked while a hand moves. */
  get asks() {
    return !isAnswered(this);
  }

  begin() {
    join(this);
  }

  end() {
    leave(this);
  }

  /** θ of every transformer for this U, (N, P). */
  thetas(source) {
    const { run } = this.large.data;
    if (this.source !== source || this.run !== run) {
      Object.assign(this, { source, run, predicted: this.network.thetas(source, run.held) });
    }
    return this.predicted;
  }

  /** The input is as it was at first, and θ the network's. */
  startAnew() {
    tellAnew(this);
  }

  /** Tell what is shown. */
  tell() {
    const { poses, source, pair, byHand, data } = this.large;
    tellInput(this, poses, source);
    if (this.network) tellAnswer(this, data.run.network, { ...this.network.read(pair.outputs), byHand });
  }

  // -- for the others

  get moved() {
    return this.large.moved;
  }

  get poses() {
    return this.large.poses;
  }

  /** Where another stage has the input; undefined if it is as it was. */
  get posesElsewhere() {
    return posesElsewhere(this);
  }

  follow(poses) {
    if (poses !== this.large.poses) this.large.followInput(poses);
  }
}
