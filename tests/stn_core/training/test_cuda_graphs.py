"""Steps that a device takes by itself are the steps that the host would have asked for."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
import torch

from stn_core.digits import Digits, Source
from stn_core.experiments import find
from stn_core.recipes import SGD, AdamW, Muon, OneCycle, StepDecay
from stn_core.runs.folder import Run
from stn_core.training import checkpoint, cuda_graphs
from stn_core.training.cuda_graphs import Captured, DeviceRate
from stn_core.training.network import train_steps
from stn_core.training.trainer import Trainer

STEPS = 12
CPU = torch.device("cpu")
PARTS = {"localisation": 0.3, "classifier": 1.0}
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


def short(name: str, **recipe):
    experiment = find(name)
    recipe = replace(experiment.recipe, **{"iterations": STEPS, "batch_size": 8, **recipe})
    return replace(experiment, recipes=(recipe,))


def groups(seed: int) -> list[dict]:
    """Matrices, lying and standing, a kernel and vectors, of both parts; always the same."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        ("localisation", "matrix"): ((5, 7), (9, 2)),
        ("localisation", "other"): ((6,),),
        ("classifier", "matrix"): ((3, 3),),
        ("classifier", "kernel"): ((4, 2, 3, 3),),
        ("classifier", "other"): ((3,),),
    }
    return [
        {
            "params": [torch.nn.Parameter(torch.randn(s, generator=generator)) for s in sizes],
            "kind": kind,
            "part": part,
            "lr": 1.0,
        }
        for (part, kind), sizes in shapes.items()
    ]


def parameters(of: list[dict]) -> list[torch.nn.Parameter]:
    return [parameter for group in of for parameter in group["params"]]


@pytest.mark.parametrize(
    "optimiser",
    [SGD(), AdamW(weight_decay=0.2), Muon(weight_decay=0.2), Muon(kernels=True, weight_decay=0.2)],
    ids=str,
)
@pytest.mark.parametrize("schedule", [OneCycle(), StepDecay(every=4)], ids=str)
def test_rate_from_the_table_moves_weights_as_the_host_s_does(optimiser, schedule):
    ours, theirs = groups(0), groups(0)
    by_table, by_host = optimiser.build(ours), optimiser.build(theirs)
    factors = torch.tensor([schedule.factor(step, STEPS) for step in range(STEPS)])
    rate = DeviceRate(by_table, factors, PARTS)
    generator = torch.Generator().manual_seed(1)
    for step in range(STEPS):
        peak = 0.02 if step < 6 else 0.005  # as a visitor may change it
        rate.set_peak(peak)
        for one, other in zip(parameters(ours), parameters(theirs), strict=True):
            one.grad = torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        rate.step()
        for host in by_host:
            for group in host.param_groups:
                group["lr"] = peak * schedule.factor(step, STEPS) * PARTS[group["part"]]
            host.step()
    every = (parameters(found) for found in (ours, theirs, groups(0)))
    for moved, expected, before in zip(*every, strict=True):
        assert not torch.allclose(expected, before, atol=1e-3)
        torch.testing.assert_close(moved, expected, rtol=1e-4, atol=1e-5)


@pytest.fixture
def paced(monkeypatch):
    """The CPU as a device that takes its steps by itself, though without graphs."""
    monkeypatch.setattr(cuda_graphs, "GRAPHED_DEVICES", ("cuda", "cpu"))


def test_batches_are_drawn_together_and_each_is_used_once(paced, source, monkeypatch):
    monkeypatch.setattr(cuda_graphs, "BATCHES_DRAWN", 4)
    trainer = Trainer(short("distorted/r/st-fcn-aff"), source, seed=0, device=CPU)
    used, drawn = [], []
    differentiate, draw = trainer._differentiate, trainer._draw

    def noted_draw(*wish):
        drawn.append(draw(*wish))
        return drawn[-1]

    def noted_differentiate(images, labels):
        used.append(labels)
        differentiate(images, labels)

    monkeypatch.setattr(trainer, "_draw", noted_draw)
    monkeypatch.setattr(trainer, "_differentiate", noted_differentiate)
    for _ in range(STEPS):
        trainer.advance()
    assert len(drawn) == 3
    assert torch.equal(torch.cat(used), torch.cat([examples.labels for examples in drawn]))


def test_labels_of_several_heads_are_drawn_together_too(paced):
    """House numbers have five labels each; on CUDA all batches are drawn like this."""
    images, labels = torch.zeros(12, 3, 80, 80, dtype=torch.uint8), torch.randint(11, (12, 5))
    numbers = Digits(images, labels)
    source = Source("twelve house numbers", numbers, numbers, None)
    experiment = find("house-numbers/64/cnn").with_recipe(iterations=2, batch_size=2)
    trainer = Trainer(experiment, source, seed=0, device=CPU)
    for _ in range(2):
        trainer.advance()
    assert trainer.graphed.labels.shape[1:] == (2, 5) and trainer.step == 2


def test_images_drawn_together_are_bounded(paced, source, monkeypatch):
    monkeypatch.setattr(cuda_graphs, "MAX_DRAWN_NUMBERS", 3 * 8 * 28 * 28)
    trainer = Trainer(short("distorted/r/fcn"), source, seed=0, device=CPU)
    assert trainer.graphed.images.shape == (3, 8, 1, 28, 28)
    volumes = Trainer(short("volumes/extruded/cnn", batch_size=2), source, seed=0, device=CPU)
    assert len(volumes.graphed.images) == 1


def test_curriculum_of_batches_drawn_together_is_each_batch_s_own(paced, source, monkeypatch):
    monkeypatch.setattr(cuda_graphs, "BATCHES_DRAWN", 4)
    experiment = short("volumes/extruded/st-cnn-aff", batch_size=2, iterations=10)
    trainer = Trainer(experiment, source, seed=0, device=CPU)
    asked = []
    draw = trainer._draw
    monkeypatch.setattr(trainer, "_draw", lambda *wish: asked.append(wish) or draw(*wish))
    for _ in range(9):
        trainer.advance()
    curriculum = experiment.recipe.curriculum
    reaches = torch.cat([reach.flatten() for _, reach in asked])
    expected = [curriculum.reach(min(step, 9), 10) for step in range(12) for _ in range(2)]
    torch.testing.assert_close(reaches, torch.tensor(expected))


def test_network_learns_as_well_at_its_device_s_pace(paced, source, tmp_path):
    experiment = short("distorted/r/fcn", iterations=300, batch_size=32)
    steps = list(train_steps(experiment, source, run=Run(tmp_path / "run")))
    assert steps[-1].loss < 0.5 * steps[0].loss
    recipe = experiment.recipe
    rates = [recipe.schedule.factor(s.step - 1, 300) * recipe.learning_rate for s in steps]
    assert [s.learning_rate for s in steps] == pytest.approx(rates)


def test_training_goes_on_at_the_rate_where_it_stopped(paced, source, tmp_path):
    run = Run(tmp_path / "run")
    steps = train_steps(short("distorted/r/fcn"), source, run=run)
    for _ in range(5):
        next(steps)
    run.control("stop")
    list(steps)
    reached = run.status().step
    assert 5 <= reached < STEPS
    trainer = Trainer(short("distorted/r/fcn"), source, seed=0, device=CPU)
    checkpoint.load(trainer, run.checkpoint)
    assert trainer.step == reached == int(trainer.graphed.rate.at)
    before = [parameter.clone() for parameter in trainer.network.parameters()]
    trainer.advance()
    moved = [(p - q).abs().max() for p, q in zip(trainer.network.parameters(), before, strict=True)]
    rate = trainer.learning_rate(reached)
    assert min(moved) > 0 and max(moved) < 3 * rate  # a step of AdamW is about its rate
    list(train_steps(short("distorted/r/fcn"), source, run=run, resume=True))
    assert run.status().state == "finished"
    assert [s.step for s in run.history()] == list(range(1, STEPS + 1))


def test_optimiser_s_state_is_laid_out_as_its_weights_after_a_resume(paced, source, tmp_path):
    experiment, run = short("distorted/r/cnn", iterations=2), Run(tmp_path / "run")
    by_adam = replace(experiment.recipe, optimiser=AdamW())  # Muon's moments are matrices
    experiment = replace(experiment, recipes=(by_adam,))
    list(train_steps(experiment, source, run=run))
    trainer = Trainer(experiment, source, seed=0, device=CPU)
    checkpoint.load(trainer, run.checkpoint)
    kernel = trainer.network.classifier.conv2.weight
    state = next(o.state[kernel] for o in trainer.optimisers if kernel in o.state)
    assert kernel.stride() != kernel.contiguous().stride()
    moments = [value for value in state.values() if value.shape == kernel.shape]
    assert moments and all(value.stride() == kernel.stride() for value in moments)


def test_trainer_s_memory_is_free_when_it_is_gone(paced, source):
    trainer = Trainer(short("distorted/r/fcn"), source, seed=0, device=CPU)
    trainer.advance()
    gone = weakref.ref(trainer)
    gc.disable()  # what stands in a cycle would wait for it
    try:
        del trainer
        assert gone() is None
    finally:
        gc.enable()


def test_without_a_stream_work_is_never_captured():
    done = []
    captured = Captured(None, eager=1)
    for _ in range(3):
        captured(lambda: done.append(1))
    assert len(done) == 3 and captured.graph is None


@on_gpu
@pytest.mark.parametrize(
    "name",
    ["distorted/rts/st-cnn-tps", "distorted/p/st-fcn-proj", "distorted/tc/cnn", "addition/rts/cnn"]
    + ["distorted/e/fcn", "volumes/extruded/st-cnn-rigid"],
)
def test_replayed_steps_are_the_eager_ones(name, source, monkeypatch):
    losses = []
    for eager in (1000, 3):
        trainer = Trainer(short(name, iterations=40), source, seed=0, device=torch.device("cuda"))
        trainer.graphed.step_captured.eager = eager
        trainer.graphed.draw_captured.eager = eager
        for _ in range(20):
            trainer.advance()
        losses.append(trainer.record().loss)
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


@on_gpu
def test_work_that_the_device_cannot_do_alone_is_an_error_and_later_work_goes_on():
    def wait() -> None:
        torch.ones(1, device="cuda").item()

    waits = Captured(torch.cuda.Stream(), eager=1)
    waits(wait)
    with pytest.raises(RuntimeError, match="captur"):
        waits(wait)
    counted = torch.zeros(1, device="cuda")
    goes_on = Captured(torch.cuda.Stream(), eager=1)
    torch.cuda.synchronize()
    for _ in range(3):
        goes_on(lambda: counted.add_(torch.ones(1000, device="cuda").mean()))
    torch.cuda.synchronize()
    assert counted.item() == 3
