"""The model card of a published network, from its metrics alone."""

from __future__ import annotations

from pathlib import Path

from stn_core.checkpoints import CARD, METRICS, published_folder, write_atomically
from stn_core.experiment import Experiment, words_of
from stn_core.metrics import Metrics, read


def render_card(experiment: Experiment, metrics: Metrics) -> str:
    """The card, as Markdown.

    >>> from stn_core import find
    >>> experiment = find("distorted/r/st-cnn-aff")
    >>> from stn_core.metrics import load_metrics
    >>> render_card(experiment, load_metrics(experiment)).splitlines()[0]
    '# distorted/r/st-cnn-aff'
    """
    recipe = metrics.recipe
    reported = "-" if experiment.reported is None else f"{experiment.reported:.1f} %"
    lengths = " × ".join(map(str, experiment.data.image_shape))
    words = words_of(experiment.data)
    seeds = metrics.evaluation_seeds
    once = f", distorted with seed {seeds[0]}" if words.drawn else ""
    drawn = f", each distorted with seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else once
    errors = zip(metrics.seeds, metrics.errors, strict=True)
    each = ", ".join(f"seed {seed} {error:.2f} %" for seed, error in errors)
    of_seeds = f"\n| errors of all seeds | {each} |" if len(metrics.seeds) > 1 else ""
    spread = "" if metrics.draw_spread is None else f" ± {metrics.draw_spread:.2f}"
    return f"""# {experiment.name}

{experiment.source} of *Spatial Transformer Networks* (Jaderberg et al., 2015).
Network: {experiment.network!r}.

| error | |
|---|---|
| {metrics.test_digits:,} {words.test}{drawn} | \
{metrics.error_percent_test:.2f}{spread} % |
| {metrics.gallery_digits:,} {words.gallery}{once} | \
{metrics.error_percent_gallery:.2f} % |
| the paper's error | {reported} |

Measured on the float16 weights in this folder. Input: {lengths}, values in
[0, 1]. Output: {experiment.data.classes} logits.

| training | |
|---|---|
| recipe | {recipe.name}: {recipe.method}, {type(recipe.schedule).__name__}, \
rate {recipe.learning_rate:g} |
| budget | {recipe.iterations:,} steps{metrics.extension_words}, \
batch size {recipe.batch_size} |
| seed | {metrics.seed} |{of_seeds}
| {words.trained} | {metrics.train_digits:,} {words.training} |
| device | {metrics.device} |
| precision | {metrics.precision} |
| seconds | {metrics.seconds:,.0f} |
| parameters | {metrics.parameters:,} |

`python -m stn_core evaluate {experiment.name}` measures the error again;
`python -m stn_core card` renders this card.
"""


def write_card(experiment: Experiment, folder: Path | None = None) -> Path:
    """Render the card of a network from its metrics; gives the file.

    folder: by default the published network's.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> from stn_core.metrics import load_metrics, save_metrics
    >>> experiment = find("distorted/r/st-cnn-aff")
    >>> metrics, folder = load_metrics(experiment), tempfile.TemporaryDirectory()
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     _ = save_metrics(experiment, metrics)
    ...     print(write_card(experiment).name)
    README.md
    """
    folder = folder or published_folder(experiment)
    path = folder / CARD
    metrics = read(Metrics, folder / METRICS)
    write_atomically(path, render_card(experiment, metrics).encode())
    return path
