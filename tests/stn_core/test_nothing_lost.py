"""Each table of pretrained/ survives whoever publishes trials in its place."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stn_core import checkpoints, digits, publishing, results
from stn_core.box_search import publishing as box_publishing
from stn_core.box_search.recording import record_search
from stn_core.box_search.search import MEASURE
from stn_core.experiments import EXPERIMENTS, find
from stn_core.experiments.colocalisation import COLOCALISATIONS, PLAIN_SEARCH
from stn_core.experiments.crops import ENCODER
from stn_core.metrics import load_metrics, load_search_metrics, save_metrics
from stn_core.replacing import replaced
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED
from stn_core.runs.records import RunError
from stn_core.sweep import CellTraining, planning
from stn_core.training.network import train_steps

PUBLISHED = checkpoints.PRETRAINED  # before a test has another one
CELL = COLOCALISATIONS["colocalisation/t/1"]
# The cheapest cell of each table of networks; a study may have a recording alone.
NAMES = (
    "distorted/r/fcn",
    "addition/rts/fcn",
    "volumes/extruded/cnn",
    "studies/st-fcn-aff",
    "studies/st-fcn-tps",
    ENCODER.name,
)


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its path there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture
def published(pretrained):
    """A function name -> its published folder, copied to a pretrained/ of the test's own."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(PUBLISHED / name, pretrained / name))

    return copy


@pytest.fixture
def trial(mnist_folder, tmp_path):
    """A function name -> a finished run of two steps of two examples."""

    def train(name: str) -> Run:
        run = Run(tmp_path / f"trial-{name.replace('/', '-')}")
        experiment = find(name).with_recipe(iterations=2, batch_size=2)
        list(train_steps(experiment, digits.load(), run=run))
        return run

    return train


@pytest.mark.parametrize("name", NAMES)
def test_trial_does_not_take_the_place_of_a_published_network(name, published, trial):
    folder = published(name)
    before, run = contents(folder), trial(name)
    with pytest.raises(RunError, match="--force"):
        publishing.publish([run], digits.load())
    if not checkpoints.is_published(find(name)):
        with pytest.raises(RunError, match="--force"):
            publishing.record(run)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("table", ["distorted", "addition", "volumes", "studies", "colocalisation"])
def test_sweep_of_a_few_steps_loses_nothing_and_says_so(
    table, published, command, capsys, monkeypatch, mnist_folder, tmp_path
):
    name = next(name for name in NAMES if name.startswith(table))
    folder = published(name)
    before = contents(folder)
    monkeypatch.setattr(planning, "EXPERIMENTS", {name: EXPERIMENTS[name]})
    monkeypatch.setenv("STN_RUNS", str(tmp_path))

    def in_this_process(training, device, precision, threads):  # where little MNIST is the whole
        list(train_steps(training.experiment, digits.load(), run=training.run))

    monkeypatch.setattr(CellTraining, "start_process", in_this_process)
    asked = ["sweep", table, "--iterations=2", "--batch-size=2", "--device=cpu"]
    assert command([*asked, "--no-publish"]) == 0
    assert contents(folder) == before
    assert "is not published" not in capsys.readouterr().out
    assert command(asked) == 1
    assert contents(folder) == before
    told = capsys.readouterr()
    assert f"{name} is not published: " in told.out and "--force" in told.out


def test_first_network_of_an_experiment_needs_its_recipe_and_budget(pretrained, trial):
    run = trial("distorted/r/fcn")
    with pytest.raises(RunError, match="with none of distorted/r/fcn's recipes and budgets"):
        publishing.publish([run], digits.load())
    with pytest.raises(RunError, match="with none of distorted/r/fcn's recipes and budgets"):
        publishing.record(run)
    assert list(pretrained.iterdir()) == []
    assert publishing.publish([run], digits.load(), force=True).is_dir()


@pytest.mark.parametrize(("error", "goes"), [(99.9, True), (0.1, False)])
def test_by_another_budget_a_network_goes_in_another_s_place_only_if_it_is_better(
    error, goes, published, trial
):
    folder = published("distorted/r/fcn")
    experiment = find("distorted/r/fcn")
    save_metrics(experiment, replace(load_metrics(experiment), draw_errors=(error,)))
    before, run = contents(folder), trial("distorted/r/fcn")
    if goes:
        publishing.publish([run], digits.load())
        assert load_metrics(experiment).recipe.iterations == 2
    else:
        with pytest.raises(RunError, match=r"an error of .* the published .* 0\.10 %"):
            publishing.publish([run], digits.load())
    assert (contents(folder) != before) == goes


# -- co-localisation


def search_of(iterations: int, few, networks, folder: Path) -> Run:
    cell = replace(CELL, recipes=(replace(PLAIN_SEARCH, iterations=iterations, batch_size=6),))
    run = Run(folder)
    list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    return run


@pytest.fixture
def few(source):
    from stn_core.experiments.colocalisation import image_set

    whole = image_set(CELL, source.gallery, 0, source.gallery)
    return replace(whole, images=whole.images[:12], boxes=whole.boxes[:12])


@pytest.fixture(scope="module")
def networks():
    from stn_core.box_search.encoder import load_encoder_networks

    return load_encoder_networks()


def test_search_of_a_few_steps_does_not_take_a_cell_s_place(published, few, networks, tmp_path):
    folder = published(CELL.name)
    before = contents(folder)
    run = search_of(2, few, networks, tmp_path / "run")
    assert run.history()[-1].measures[MEASURE] <= 100
    with pytest.raises(RunError, match=r"in 0 sets, the published result .* in 3; .*--force"):
        box_publishing.publish_boxes(run)
    assert contents(folder) == before
    sets = load_search_metrics(CELL).sets
    worse = tuple(replace(one, localised_percent=1.0) for one in sets)
    with pytest.raises(RunError, match="localises 1.0 %"):
        box_publishing.publish_boxes(run, worse)
    assert contents(folder) == before
    box_publishing.publish_boxes(run, worse, force=True)
    assert results.colocalised()[CELL.name].shares == [1.0] * 3


def test_first_search_of_a_cell_needs_its_recipe(pretrained, few, networks, tmp_path):
    run = search_of(2, few, networks, tmp_path / "run")
    with pytest.raises(RunError, match="with none of colocalisation/t/1's recipes"):
        box_publishing.publish_boxes(run)
    assert list(pretrained.iterdir()) == []


# -- what is replaced stays until the new one is whole


@pytest.fixture
def standing(pretrained) -> Path:
    folder = pretrained / "distorted/r/fcn"
    folder.mkdir(parents=True)
    (folder / PACKED).write_text("old")
    return folder


def test_folder_is_replaced_whole_or_not_at_all(standing):
    with pytest.raises(KeyboardInterrupt), replaced(standing) as new:
        (new / PACKED).write_text("torn")
        assert (standing / PACKED).read_text() == "old"
        raise KeyboardInterrupt
    assert (standing / PACKED).read_text() == "old"
    with replaced(standing) as new:
        (new / PACKED).write_text("new")
        assert (standing / PACKED).read_text() == "old"
    assert (standing / PACKED).read_text() == "new"
    assert [path.name for path in standing.parent.iterdir()] == [standing.name]


def test_replacement_that_was_killed_at_any_moment_leaves_the_old_one_readable(
    standing, monkeypatch
):
    class Killed(BaseException):
        """What nothing comes after."""

    real, renamed = Path.rename, []

    def rename(path: Path, target: Path) -> Path:
        renamed.append(path)
        if len(renamed) > 1:  # the new one, and what would put the old one back
            raise Killed
        return real(path, target)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "rename", rename)
        with replaced(standing) as new:
            (new / PACKED).write_text("new")
    assert not standing.exists()
    read_from = checkpoints.published_folder(find("distorted/r/fcn"))
    assert (read_from / PACKED).read_text() == "old"
    with replaced(standing) as new:
        assert (new / PACKED).read_text() == "old"
    assert checkpoints.published_folder(find("distorted/r/fcn")) == standing
    assert [path.name for path in standing.parent.iterdir()] == [standing.name]
