/** Who came nearer to upright: digit by digit, and in all. */
import { Loss } from "../../maths/loss.js";
import { angleBetween } from "../story/boxes.js";

/**
 * What came of a digit at this θ.
 * @typedef {{theta: number[], output: Float32Array, off: number, said: number, isRight: boolean}} Result
 * off: the angle between the digit in V and upright, 0 to 180 degrees
 * @param {import("../story/reader.js").Reader} reader
 * @returns {Result}
 */
export function resultOf(reader, { source, ideal, label }, theta) {
  const output = reader.output(source, theta);
  const { odds } = new Loss(reader.network, label).of(output);
  const said = odds.indexOf(Math.max(...odds));
  return { theta, output, off: Math.abs(angleBetween(theta, ideal)), said, isRight: said === label };
}

/**
 * The nearer one; a digit that is misread, or was never reached, wins nothing.
 * @param {Result|null} you  @param {Result} network
 * @returns {"you"|"network"|null}
 */
export function winnerOf(you, network) {
  const isRead = you?.isRight ?? false;
  if (isRead && network.isRight) return you.off <= network.off ? "you" : "network";
  return isRead ? "you" : network.isRight ? "network" : null;
}

/**
 * The digits, as both have left them.
 * @param {(number[]|undefined)[]} thetas  the visitor's, as far as they go
 * @param {number[][]} answers  the network's
 */
export function roundsOf(reader, digits, thetas, answers) {
  return digits.map((digit, n) => {
    const you = thetas[n] ? resultOf(reader, digit, thetas[n]) : null;
    const network = resultOf(reader, digit, answers[n]);
    return { digit, you, network, winner: winnerOf(you, network) };
  });
}

export const pointsOf = (rounds, who) => rounds.filter(({ winner }) => winner === who).length;

/** The middle one of the angles off upright. @param {(Result|null)[]} results */
export function medianOff(results) {
  const offs = results.filter(Boolean).map(({ off }) => off).sort((a, b) => a - b);
  const half = offs.length / 2;
  return (offs[Math.ceil(half) - 1] + offs[Math.floor(half)]) / 2;
}
