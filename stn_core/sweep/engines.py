"""Start a sweep's shards on other machines: as jobs of Slurm (submitit), or as tasks of Ray.

A shard is what ``sweep --shard I/N`` is. The machines need this environment and the runs' folder at
the same paths. What the shards have done is read from the runs' folders, by whoever asks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stn_core.errors import InputError, printable
from stn_core.pictures import Load, Pictures
from stn_core.sweep.cells import CellTraining
from stn_core.sweep.planning import plan, shard
from stn_core.sweep.running import POLL_SECONDS, STOP_SECONDS, sweep

TIMEOUT_MINUTES = 24 * 60  # of a Slurm job, unless told otherwise
FOLDERS = ("STN_DATA", "STN_PRETRAINED", "STN_RUNS")
VARIABLES = (*FOLDERS, "STN_OFFLINE", "PYTHONPATH")
# A shard's end: why it broke off, "" if it did not; None while it goes on.
Ends = Callable[[], list[str | None]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a sweep was asked for; see ``plan`` and ``running.sweep``.

    >>> asked = Asked(table="distorted", recipe="paper", seeds=1, root=Path("nowhere"))
    >>> len(asked.plan())
    40
    """

    table: str
    recipe: str | None
    seeds: int
    root: Path
    iterations: int | None = None
    batch_size: int | None = None
    precision: str = "float32"
    workers: int = 1
    device: str = "auto"
    threads: int = 1
    names: tuple[str, ...] | None = None  # of the cells; by default those to be published

    def plan(self) -> list[CellTraining]:
        sizes = self.iterations, self.batch_size, self.precision
        return plan(self.table, self.recipe, self.seeds, self.root, *sizes, self.names)

    def run(
        self, trainings: list[CellTraining], pictures: Load
    ) -> Generator[list[CellTraining], None, None]:
        """``running.sweep`` of these."""
        return sweep(
            trainings,
            pictures,
            workers=self.workers,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
        )


def work(asked: Asked, index: int, of: int) -> None:
    """Shard ``index`` of so many, on the machine that it is called on. Raises as ``plan`` does.

    >>> from stn_core.errors import UnknownName
    >>> try:
    ...     work(Asked(table="none", recipe=None, seeds=1, root=Path("nowhere")), index=1, of=2)
    ... except UnknownName as error:
    ...     print(str(error).split(";")[0])
    there is no table 'none' to train
    """
    for _ in asked.run(shard(asked.plan(), index, of), Pictures()):
        pass


def dispatched(
    engine: str, asked: Asked, shards: int, settings: dict[str, Any]
) -> Generator[list[CellTraining], None, list[str]]:
    """Let an engine run so many shards; yields the cells that are trained now, once a second.

    settings: submitit's ``slurm_*`` parameters, without the prefix. Gives, at the end, why shards
    broke off: what they left, the others took over, or the same sweep goes on with. Closing the
    iterator ends the shards. Raises InputError for an engine that is not installed.

    >>> asked = Asked(table="distorted", recipe="paper", seeds=1, root=Path("nowhere"))
    >>> dispatched("ray", asked, shards=2, settings={}).close()  # before it has begun
    """
    asked = dataclasses.replace(asked, root=asked.root.absolute())
    trainings = asked.plan()
    # What is published may differ on the other machines, or later; the shards share one plan.
    names = tuple(dict.fromkeys(t.experiment.name for t in trainings))
    asked = dataclasses.replace(asked, names=names)
    with ENGINES[engine](asked, shards, settings) as ends:
        while None in (now := ends()):
            time.sleep(POLL_SECONDS)
            yield [t for t in trainings if t.state == "running"]
    return [why for why in now if why]


@contextmanager
def _submitit(asked: Asked, shards: int, settings: dict[str, Any]) -> Iterator[Ends]:
    """An array of jobs; processes of this machine where there is no Slurm."""
    try:
        import submitit
    except ImportError as error:
        raise _not_installed("submitit") from error
    executor = submitit.AutoExecutor(folder=asked.root / "submitit")
    slurm = {f"slurm_{key}": value for key, value in settings.items()}
    try:
        executor.update_parameters(
            name="stn-sweep",
            cpus_per_task=asked.workers * asked.threads,
            gpus_per_node=1 if asked.device.startswith("cuda") else 0,
            **({} if "time" in settings else {"timeout_min": TIMEOUT_MINUTES}),
            **slurm,
        )
    except (NameError, TypeError, ValueError) as error:  # of a parameter that it does not know
        raise InputError(f"--slurm: {error}") from error
    task = functools.partial(work, asked, of=shards)
    try:
        jobs = executor.map_array(task, range(1, shards + 1))
    except (OSError, RuntimeError) as error:  # there is no sbatch, or it refuses
        raise InputError(
            f"Slurm does not take the jobs: {printable(str(error).strip())}. Check that sbatch "
            "works on this machine, and what --slurm asks for"
        ) from error

    def end(job) -> str | None:
        if not job.done():
            return None
        with contextlib.suppress(submitit.core.utils.UncompletedJobError):
            if job.exception() is None:
                return ""
        return f"{job.job_id} ({job.state}); see {job.paths.stderr}"

    try:
        yield lambda: [end(job) for job in jobs]
    finally:
        for job in jobs:
            if not job.done():
                job.cancel(check=False)


@contextmanager
def _ray(asked: Asked, shards: int, settings: dict[str, Any]) -> Iterator[Ends]:
    """Tasks of the cluster that ``RAY_ADDRESS`` names; of this machine where it names none."""
    if settings:
        raise InputError("--slurm is for --engine submitit")
    try:
        import ray
    except ImportError as error:
        raise _not_installed("ray") from error
    ray.init(
        address=os.environ.get("RAY_ADDRESS"),
        runtime_env={"env_vars": _variables()},
        log_to_driver=False,
        include_dashboard=False if "RAY_ADDRESS" not in os.environ else None,
    )
    task = ray.remote(
        num_cpus=asked.workers * asked.threads,
        num_gpus=1 if asked.device.startswith("cuda") else 0,
        max_retries=3,  # a shard whose machine dies begins again on another one
    )(work)
    tasks = [task.remote(asked, index, shards) for index in range(1, shards + 1)]

    def end(one) -> str | None:
        if not ray.wait([one], timeout=0)[0]:
            return None
        try:
            ray.get(one)
        except ray.exceptions.RayError as error:
            return str(error).strip().splitlines()[-1]
        return ""

    try:
        yield lambda: [end(one) for one in tasks]
    finally:
        for one in tasks:
            ray.cancel(one)  # its trainings write their checkpoints
        ray.wait(tasks, num_returns=len(tasks), timeout=STOP_SECONDS)
        ray.shutdown()


def _variables() -> dict[str, str]:
    """This process's, for tasks that start in another folder."""
    given = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    folders = {name: os.path.abspath(given[name]) for name in FOLDERS if given.get(name)}
    return given | folders


def _not_installed(engine: str) -> InputError:
    return InputError(
        f"--engine {engine} needs {engine}, which is not installed: pip install -e '.[{engine}]'"
    )


ENGINES: dict[str, Callable[[Asked, int, dict], AbstractContextManager[Ends]]] = {
    "submitit": _submitit,
    "ray": _ray,
}
