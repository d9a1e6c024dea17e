/** A large pair that plays the answer to a question. */

/**
 * Its frames have ``thetas`` of all transformers, or ``poses`` of all inputs, or both; the setting
 * ``byHand`` says whether θ is a hand's.
 * @param {import("./large.js").Large} large  @param {object} answer  as parts/answers.js has it
 */
export function playAnswer(large, answer) {
  large.touch();
  large.transport.leave();
  large.byHand = Boolean(answer.settings.byHand);
  const show = ({ thetas, poses }) => {
    if (poses) large.poses = poses;
    large.show(thetas ?? large.thetas);
  };
  large.player.play(answer, show, () => large.report());
}
