/** The curves of one or two trainings: losses, errors, θ of a probe, and what is left of the pose. */
import { Curves, share } from "../../parts/curves.js";
import { TIMES } from "./moments.js";

const MAX_NAMED_PARAMS = 8; // of θ; more of them have no names in the legend
const MAX_THETA = 10; // in size, where the image is from −1 to 1; beyond it a grid is lost

export class Charts {
  /** @param {object[]} runs  as decode.js gives them  @param {(run: object) => string} suffix  whose a chart is */
  constructor(runs, suffix) {
    this.loss = new Curves("Loss");
    const logged = (what) => runs.some(({ logs }) => !logs || logs.includes(what)); // a loop of one's own may log less
    this.error = logged("error") && new Curves("Error, %");
    this.gradient = logged("gradient") && new Curves("Gradient norm");
    this.rate = logged("rate") && new Curves("Learning rate", true);
    this.poses = runs.map((run) => run.poseLeft && new Curves(`Pose variation remaining in V, %${suffix(run)}`, true));
    this.trails = runs.flatMap((run, r) =>
      run.transformers.map(({ name }, n) => ({ r, n, chart: new Curves(`θ of the selected probe${name && `, ${name}`}${suffix(run)}`, true, undefined, MAX_THETA) }))
    );
  }

  get all() {
    const { loss, error, gradient, rate } = this;
    return [...this.poses, loss, error, gradient, rate, ...this.trails.map(({ chart }) => chart)].filter(Boolean);
  }

  /**
   * @param {object[]} runs
   * @param {"step"|"seconds"} by  the clock
   * @param {object} axis  of the clock's time
   * @param {number} probe  whose θ is drawn
   * @param {string[]} shades  of the lines
   * @param {{linear: boolean, smooth: boolean}} options
   */
  set(runs, by, axis, probe, shades, options) {
    for (const chart of this.all) chart.arrange(options);
    const logged = (name, key, noisy = true) => [name, ({ history }) => [history[by], history[key]], { noisy }];
    const unseen = [runs[0].measured, (run) => (run.measures.some(Number.isFinite) ? [run[TIMES[by]], run.measures] : [[]]), {}];
    const tested = ["test set", (run) => (Number.isFinite(run.testError) ? [[endOf(run, by)], [run.testError]] : [[]]), { dot: true }];
    this.loss.set(linesOf(runs, shades, logged("", "loss")), axis);
    this.error && this.error.set(linesOf(runs, shades, [runs[0].logged, (run) => errorsOf(run, by), { noisy: true }], unseen, tested), axis);
    this.gradient && this.gradient.set(linesOf(runs, shades, logged("classifier", "classifier"), logged("localisation", "localisation")), axis);
    this.rate && this.rate.set(linesOf(runs, shades, logged("", "rate", false)), axis);
    this.poses.forEach((chart, r) => chart?.set(poseLines(runs[r], by), axis));
    for (const { r, n, chart } of this.trails) setTrail(chart, runs[r], by, axis, probe, n, shades);
    share(this.poses);
    share(this.trails.map(({ chart }) => chart));
  }

  draw(value) {
    for (const chart of this.all) chart.draw(value);
  }
}

/** The errors that a history has, and when: not every record needs to have one. */
function errorsOf({ history }, by) {
  const known = history.error.map((_, i) => i).filter((i) => Number.isFinite(history.error[i]));
  return known.length ? [known.map((i) => history[by][i]), known.map((i) => history.error[i])] : [[]];
}

/** Where a run's last step is, by a clock. */
export const endOf = (run, by) => Math.max(run[TIMES[by]].at(-1), run.history[by].at(-1) ?? 0);

/**
 * Lines of each run; of several runs each has its run's colour and name.
 * @param {[string, (run: object) => [number[], number[]?], object][]} parts  names, x and y of a
 *   run, and how a line is drawn
 */
function linesOf(runs, shades, ...parts) {
  const several = runs.length > 1;
  return runs.flatMap((run) =>
    parts.flatMap(([name, values, drawn], dash) => {
      const [x, y] = values(run);
      if (!y) return [];
      const colour = several ? run.colour : shades[dash];
      return [{ name: several ? `${run.name}${name ? `, ${name}` : ""}` : name, colour, dash, x, y, ...drawn }];
    })
  );
}

/** The lines of what is left of the pose: of each channel, in each transformer's V. */
function poseLines(run, by) {
  return run.transformers.flatMap(({ name, colour }, n) =>
    run.poseLeft[0][n].map((_, c, channels) => ({
      name: [name, channels.length > 1 ? `channel ${c + 1}` : ""].filter(Boolean).join(", "),
      colour,
      dash: c,
      x: run[TIMES[by]],
      y: run.poseLeft.map((left) => left[n][c]),
    }))
  );
}

/** θ of a probe, by transformer n. */
function setTrail(chart, run, by, axis, probe, n, shades) {
  const { names } = run.transform;
  const isNamed = names.length <= MAX_NAMED_PARAMS;
  const thetas = run.steps.map((_, frame) => run.theta(frame, probe, n));
  chart.set(
    names.map((name, p) => ({
      name: isNamed ? name : "",
      colour: shades[p % shades.length],
      dash: Math.floor(p / shades.length) % 3, // where there are more numbers than colours
      x: run[TIMES[by]],
      y: thetas.map((theta) => theta[p]),
    })),
    axis
  );
  if (!isNamed) chart.legend.textContent = `${names.length} numbers`;
}
