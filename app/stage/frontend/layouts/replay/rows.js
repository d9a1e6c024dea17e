/** What is recorded of trainings, for a file. */

/** θ, the probabilities and what is left of the pose, of every probe at every recorded step. */
export const rowsOf = (runs) =>
  runs.flatMap((run) => run.steps.flatMap((_, frame) => run.probes.flatMap((__, probe) => rowsOfProbe(run, frame, probe))));

function rowsOfProbe(run, frame, probe) {
  const { label } = run.probes[probe];
  const odds = oddsOf(run, run.probability(frame, probe));
  const common = {
    training: run.name,
    step: run.steps[frame],
    seconds: run.seconds[frame],
    "error, %": run.measures[frame],
    probe,
    label: run.heads > 1 ? label.map((c) => run.classes[c]).join("") : label,
  };
  if (!run.transform) return [{ ...common, ...odds }];
  return run.transformers.map(({ name }, n) => ({
    ...common,
    transformer: name || n + 1,
    ...Object.fromEntries(run.theta(frame, probe, n).map((v, p) => [run.transform.names[p], v])),
    ...odds,
    ...poseLeftOf(run, frame, n),
  }));
}

/** The probability of each class; of several heads, of each one's. */
function oddsOf({ classes, heads }, odds) {
  const named = [...Array(heads).keys()].flatMap((head) => classes.map((name) => (heads > 1 ? `place ${head + 1}: ${name || "none"}` : name)));
  return Object.fromEntries(named.map((name, c) => [`p(${name})`, odds[c]]));
}

/** What is left of the pose in each channel of a transformer's V, with a name for its column. */
function poseLeftOf(run, frame, n) {
  const named = (v, c) => [`pose left in V, %${run.channels > 1 ? `, channel ${c + 1}` : ""}`, v];
  return Object.fromEntries(run.poseLeft?.[frame][n].map(named) ?? []);
}
