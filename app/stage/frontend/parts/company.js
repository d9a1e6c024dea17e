/**
 * Who shows one input: its stages, and what the networks read in it. What a hand does on one of
 * the stages is seen on all of them, and by every network, within the same frame.
 *
 * @typedef {object} Member
 * @property {{token: string}} data
 * @property {string} [group]  names the input
 * @property {(poses: number[][]) => void} [follow]  the input was moved elsewhere
 * @property {(poses: number[][], source: object) => void} [see]  this is U now
 * @property {(id: string, answer: object) => void} [hear]  this is what a network says
 * @property {() => void} [forget]  what a hand has done is undone
 * @property {boolean} [isComplete]  the browser runs all networks that answer
 */

/** @type {Set<Member>} */
const members = new Set();

export const join = (member) => members.add(member);

export const leave = (member) => members.delete(member);

/** The others that show the same input. */
const others = (one) => (one.group ? [...members].filter((other) => other !== one && other.group === one.group) : []);

/** Where a hand has moved the input on another stage; undefined if it is as it was. */
export const posesElsewhere = (one) => others(one).find(({ moved }) => moved)?.poses;

/** Tell the others that the input stands there now, as one that is U. */
export function tellInput(one, poses, source) {
  for (const other of others(one)) {
    other.follow?.(poses);
    other.see?.(poses, source);
  }
}

/** Tell the others what a network says. */
export function tellAnswer(one, id, answer) {
  for (const other of others(one)) other.hear?.(id, answer);
}

/** Tell the others that a stage starts anew, with nothing that a hand has done. */
export function tellAnew(one) {
  for (const other of others(one)) other.forget?.();
}

/** Whether the browser answers for all networks of this input. */
export const isAnswered = (one) => others(one).some(({ isComplete }) => isComplete);
