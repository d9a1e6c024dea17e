/** The cross-entropy of a batch of logits, and its slope. */

/**
 * @param {Float32Array} logits  (count, classes)  @param {Uint8Array} labels  (count,)
 * @param {Float32Array} slope  (count, classes), of the mean loss: written
 * @returns {number} the mean loss
 */
export function crossEntropy(logits, labels, count, classes, slope) {
  let total = 0;
  for (let b = 0; b < count; b++) {
    const at = b * classes;
    let most = logits[at];
    for (let c = 1; c < classes; c++) most = Math.max(most, logits[at + c]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c] - most);
    total += Math.log(sum) + most - logits[at + labels[b]];
    for (let c = 0; c < classes; c++) {
      slope[at + c] = (Math.exp(logits[at + c] - most) / sum - (c === labels[b] ? 1 : 0)) / count;
    }
  }
  return total / count;
}
