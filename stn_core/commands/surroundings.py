"""What several commands begin with: the digits, and what a signal does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from stn_core import digits, pictures
from stn_core.digits import Progress, Source
from stn_core.experiment import Experiment
from stn_core.runs.folder import Run


def load_digits() -> Source:
    """All digits that are available, with a progress bar for a download. Raises DigitsError.

    >>> load_digits().gallery.images.shape
    torch.Size([1000, 28, 28])
    """
    with bars(unit="B", unit_scale=True) as progress:
        return digits.load(progress)


def load_pictures(experiment: Experiment) -> Source:
    """What an experiment is trained on: digits, or the pictures that its data loads.

    >>> from stn_core import find
    >>> load_pictures(find("distorted/r/fcn")).gallery.images.shape
    torch.Size([1000, 28, 28])
    """
    if not pictures.has_own(experiment):
        return load_digits()
    with bars(unit="pictures") as progress:
        return pictures.load_pictures(experiment, progress)


@contextmanager
def bars(**options) -> Iterator[Progress]:
    """What progress is told to: a bar for each name, closed at the end. options: tqdm's.

    >>> with bars(disable=True) as progress:
    ...     progress("train.tar.gz", 10, 100)
    """
    bars: dict[str, tqdm] = {}

    def progress(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = tqdm(total=total or None, desc=name, **options)
        bars[name].update(done - bars[name].n)

    yield progress
    for bar in bars.values():
        bar.close()


def stop_on_signals(run: Run) -> None:
    """Let SIGTERM and SIGINT end the run between two steps, with a checkpoint.

    Before it has begun, they raise KeyboardInterrupt.

    >>> import tempfile
    >>> handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    >>> folder = tempfile.TemporaryDirectory()
    >>> run = Run(folder.name)
    >>> run.create({"experiment": "distorted/r/fcn"})
    >>> stop_on_signals(run)
    >>> signal.raise_signal(signal.SIGTERM)
    >>> run.command()
    'stop'
    >>> _ = [signal.signal(number, handler) for number, handler in handlers.items()]
    """

    def stop(*_) -> None:
        if not run.is_described():
            raise KeyboardInterrupt
        run.control("stop")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
