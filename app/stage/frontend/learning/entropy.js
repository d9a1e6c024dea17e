/** The cross-entropy of a batch of logits, its slope, and how many are misread. */

/**
 * @param {Float32Array} logits  (count, classes)  @param {Uint8Array} labels  (count,)
 * @param {Float32Array} [slope]  (count, classes), of the mean loss: written
 * @param {Uint8Array} [said]  (count,) the likeliest class: written
 * @returns {number} the mean loss
 */
export function crossEntropy(logits, labels, count, classes, slope, said) {
  let total = 0;
  for (let b = 0; b < count; b++) {
    const at = b * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[at + c] > logits[at + best]) best = c;
    const most = logits[at + best];
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c] - most);
    total += Math.log(sum) + most - logits[at + labels[b]];
    if (said) said[b] = best;
    if (!slope) continue;
    for (let c = 0; c < classes; c++) {
      slope[at + c] = (Math.exp(logits[at + c] - most) / sum - (c === labels[b] ? 1 : 0)) / count;
    }
  }
  return total / count;
}
