"""Everything that is loaded once and kept: digits, networks, examples, recorded runs.

The only module with ``st.cache_*``. torch is imported inside the functions that need it first,
so that the page's title is there before torch is.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    import torch

    from app.stage.figure2 import Digit, RunningNetwork
    from stn_core.colocalisation import Encoder
    from stn_core.digits import Digits
    from stn_core.experiment import Examples, Experiment
    from stn_core.invariance import Recording
    from stn_core.networks import ClassificationNetwork
    from stn_core.runs import RecordedRun, Run
    from stn_core.watched import Watched

FIGURE_SECONDS = 1.5  # until a browser has the front page's figure
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LoadedNetwork:
    """A network in evaluation mode, and what to say about it."""

    experiment: Experiment
    network: ClassificationNetwork
    key: str  # tells it from every other, and from itself at an earlier checkpoint
    title: str
    record: str  # how well it does, and where that was measured


@st.cache_resource(show_spinner="Loading PyTorch …")
def warm_up() -> None:
    """Import torch once, and take what it leaves out of the garbage collector's way."""
    import torch

    torch.set_num_threads(1)  # the networks are small, and other visitors want a core too
    gc.collect()
    gc.freeze()


def wait_for_figure() -> None:
    """Where torch is not imported yet: let the browser fetch the figure first.

    The import would hold up every file that this process serves meanwhile, and with them the
    figure by a second.
    """
    if "torch" not in sys.modules:
        time.sleep(FIGURE_SECONDS)


@st.cache_resource(show_spinner=False)
def front() -> tuple[RunningNetwork, list[Digit], int]:
    """The front page's network, its digits, and which is shown first; without torch."""
    from app.data import browser_networks

    return browser_networks.network(), browser_networks.digits(), browser_networks.FIRST_DIGIT


@st.cache_resource(show_spinner="Looking through what is published …")
def made_once(name: str, _make: Callable[[], T]) -> T:
    """What a module that stands on this one makes, kept by its name."""
    return _make()


@st.cache_resource(show_spinner="Reading the digits …")
def gallery() -> Digits:
    """The 1,000 gallery digits, class by class."""
    from stn_core import digits

    return digits.gallery()


def digits_notice() -> str:
    """Which digits a training on this machine would use, in a sentence."""
    from stn_core import digits

    if digits.local_folder() is not None:
        return "Trainings here use all of MNIST: 59,000 training digits, none of them shown here."
    few = "the 4,000 of MNIST's training digits that are installed with the app"
    if os.environ.get("STN_OFFLINE"):
        return f"MNIST itself is not on this machine: trainings here use {few}."
    return (
        "MNIST itself is not on this machine: a training downloads it first (11 MB), or uses "
        f"{few} if there is no connection."
    )


@st.cache_resource(show_spinner="Loading the network …", max_entries=32)
def pretrained(name: str) -> LoadedNetwork:
    """A published network. Raises CheckpointError."""
    from stn_core import checkpoints
    from stn_core.experiments import find

    experiment = find(name)
    metrics = checkpoints.load_metrics(experiment)
    return LoadedNetwork(
        experiment=experiment,
        network=checkpoints.load_pretrained(experiment),
        key=name,
        title=network_title(name.rsplit("/", 1)[1]),
        record=f"{metrics['error_percent_test']:.2f} % error on {metrics['test_digits']:,} "
        + experiment.data.noun.replace("digits", "test digits"),
    )


def published(prefix: str) -> list[str]:
    """The short names of the published networks of ``distorted/rts/``, in the table's order."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS

    return [
        name.removeprefix(prefix)
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(prefix) and checkpoints.is_published(experiment)
    ]


def recorded_names(prefix: str) -> list[str]:
    """The short names of the runs in pretrained/: ``st-cnn-aff``, of a further seed ``…@1``."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS
    from stn_core.runs import packed_runs

    return [
        name.removeprefix(prefix) + ("" if seed is None else f"@{seed}")
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(prefix)
        for seed in packed_runs(checkpoints.published_folder(experiment))
    ]


@st.cache_data(max_entries=256, show_spinner=False)
def seconds_a_step(experiment_name: str) -> float | None:
    """How long a step took on a CPU core, of the published training or of one that was noted beside
    it; None if neither was on one."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS, find, find_colocalisation

    try:
        named = find if experiment_name in EXPERIMENTS else find_colocalisation
        experiment = named(experiment_name)
        for one in (checkpoints.load_metrics(experiment), *checkpoints.load_tried(experiment)):
            if one["device"].startswith("CPU"):
                steps = one.get("step", one["recipe"]["iterations"])
                return one.get("gallery", one)["seconds"] / steps
        return None
    except (ValueError, KeyError, TypeError):
        return None


def studies() -> dict[str, str]:
    """The studies whose runs are shipped, by short name: what each of them changes."""
    from stn_core.experiments.studies import STUDIES

    shipped = set(recorded_names("studies/"))
    words = {s.experiment.name.removeprefix("studies/"): s.words for s in STUDIES}
    return {name: text for name, text in words.items() if name in shipped}


@st.cache_resource(max_entries=8, show_spinner="Loading the recording …")
def recorded(name: str) -> RecordedRun:
    """A run in pretrained/, by its name and, after an @, its seed. Raises RunError."""
    from stn_core import checkpoints
    from stn_core.experiments import find
    from stn_core.runs import PACKED, packed_name, unpack

    name, _, seed = name.partition("@")
    file = packed_name(seed) if seed else PACKED
    return unpack(checkpoints.published_folder(find(name)) / file)


@st.cache_resource(max_entries=20, show_spinner="Loading the recording …")
def boxes(name: str) -> RecordedRun:
    """The shipped co-localisation of ``colocalisation/t/8``. Raises RunError."""
    from stn_core import checkpoints
    from stn_core.experiments import find_colocalisation
    from stn_core.runs import PACKED, unpack

    return unpack(checkpoints.published_folder(find_colocalisation(name)) / PACKED)


@st.cache_resource(max_entries=40, show_spinner=False)
def true_boxes(name: str, set_seed: int, clutter: int) -> np.ndarray:
    """The digits' own frames in a set of gallery digits: θ of Attention, float32 (N, 3)."""
    from stn_core.experiments import find_colocalisation
    from stn_core.experiments.colocalisation import image_set, with_clutter

    cell = with_clutter(find_colocalisation(name), clutter)
    return image_set(cell, gallery(), set_seed, gallery()).boxes.numpy()


@st.cache_resource(show_spinner="Loading the encoder …")
def encoder(normalised: bool, fine: bool) -> Encoder:
    """e() of Eq. 8, as it is shipped: of the search, or of its end."""
    from stn_core.colocalisation import Encoder, load_encoder_networks

    networks = load_encoder_networks()
    return Encoder(networks.fine if fine else networks.coarse, normalised=normalised)


@st.cache_resource(max_entries=16, show_spinner=False)
def run(folder: str) -> Run:
    """The reader of a run's folder, which remembers the snapshots that it has read."""
    from stn_core.runs import Run

    return Run(Path(folder))


@st.cache_resource(show_spinner="Opening the checkpoint …", max_entries=8)
def own_network(prefix: str, upload: str, _content: Callable[[], bytes]) -> LoadedNetwork:
    """The network of an uploaded safetensors file, one of those of ``distorted/rts/``.

    upload: Streamlit's id of the file. Raises CheckpointError, which lists what does not fit.
    """
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS

    candidates = [e for name, e in EXPERIMENTS.items() if name.startswith(prefix)]
    with _uploaded(_content) as file:
        experiment, network = checkpoints.load_matching(candidates, file, what="the file")
    short = network_title(experiment.name.rsplit("/", 1)[1])
    return LoadedNetwork(
        experiment=experiment,
        network=network,
        key=f"own-{upload}",
        title=f"your {short}",
        record="your own: “Open a checkpoint” measures its error",
    )


@st.cache_resource(show_spinner="Opening the file …", max_entries=8)
def warps(upload: str, _content: Callable[[], bytes]) -> list[Watched]:
    """What the transformers of an uploaded file did. Raises CheckpointError."""
    from stn_core.watched import load_warps

    with _uploaded(_content) as file:
        return load_warps(file, what="the file")


@contextmanager
def _uploaded(content: Callable[[], bytes]) -> Iterator[Path]:
    """An upload as a file, under a name of ours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "upload.safetensors"
        file.write_bytes(content())
        yield file


@st.cache_data(max_entries=32, show_spinner="Measuring on 1,000 digits …")
def measured(_loaded: LoadedNetwork, key: str) -> str:
    """A network's error on the gallery, in words, beside the published one's."""
    from stn_core import checkpoints, evaluation

    experiment = _loaded.experiment
    found = evaluation.evaluate(_loaded.network, experiment, gallery())
    noun = experiment.data.noun.replace("digits", "gallery digits")
    words = f"**{found.measure:.1f} %** error on 1,000 {noun}"
    if checkpoints.is_published(experiment):
        published_error = checkpoints.load_metrics(experiment)["error_percent_gallery"]
        words += f"; the published {experiment.name} has {published_error:.1f} %"
    return words


@st.cache_resource(show_spinner="Loading the network …", max_entries=8)
def from_run(folder: str, title: str, modified: float) -> LoadedNetwork:
    """The network of a run as of its last checkpoint, which was written at ``modified``."""
    from stn_core import checkpoints
    from stn_core.experiments import find

    reader = run(folder)
    description = reader.description()
    iterations = description["recipe"]["iterations"]
    experiment = find(description["experiment"])
    network, header = checkpoints.load_trained(experiment, reader.checkpoint)
    measured = [s for s in reader.snapshots() if s.step <= header["step"]]
    error = f", {measured[-1].measure:.1f} % error on the gallery" if measured else ""
    return LoadedNetwork(
        experiment=experiment,
        network=network,
        key=f"{folder} at {modified}",
        title=title,
        record=f"saved at step {header['step']:,} of {iterations:,}{error}",
    )


@st.cache_data(max_entries=1024, show_spinner=False)
def example(experiment_name: str, digit: int, seed: int, drawn: Drawn | None = None) -> Examples:
    """One gallery digit under an experiment's distortion: Examples with a batch of one.

    drawn: what stands in its stead, distorted in the same way.
    """
    from stn_core import evaluation
    from stn_core.experiments import find

    generator = evaluation.example_generator(digit, seed)
    return find(experiment_name).data.examples(_digit(digit, drawn), generator, gallery())


@dataclass(frozen=True, kw_only=True)
class Movable:
    """What a hand moves of an example. image: uint8 (H, W); pose: the affine θ (6,) that lays it
    into U; whole: whether that is U as a whole, and not the digit alone."""

    image: np.ndarray
    pose: np.ndarray
    size: tuple[int, int]
    whole: bool


@st.cache_data(max_entries=512, show_spinner=False)
def movable(experiment_name: str, digit: int, seed: int, drawn: Drawn | None = None) -> Movable:
    """The digit itself where one affine map has drawn it (R, RTS); else its whole picture."""
    import torch

    from stn_core.transforms import Affine

    shown = example(experiment_name, digit, seed, drawn)
    size = tuple(shown.images.shape[2:])
    if shown.theta is not None and shown.theta.shape[1] == Affine().num_params:
        alone = Movable(
            image=_digit(digit, drawn).images[0].numpy(),
            pose=shown.theta[0].numpy(),
            size=size,
            whole=False,
        )
        if torch.allclose(laid(alone, alone.pose), shown.images, atol=1e-4):
            return alone
    whole = (shown.images[0, 0].numpy() * 255).round().astype(np.uint8)
    return Movable(image=whole, pose=Affine().identity().numpy(), size=size, whole=True)


def movables(
    shown: Examples, digits: Sequence[int], drawn: Sequence[Drawn | None]
) -> list[Movable]:
    """The digits of an example of addition, one for each channel."""
    return [
        Movable(
            image=_digit(digit, own).images[0].numpy(),
            pose=pose.numpy(),
            size=tuple(shown.images.shape[2:]),
            whole=False,
        )
        for digit, own, pose in zip(digits, drawn, shown.theta[0], strict=True)
    ]


def laid_channels(moved: Sequence[Movable], poses: Sequence[Sequence[float]]) -> torch.Tensor:
    """U, (1, C, H, W), with each digit laid into its own channel at its pose (6,)."""
    import torch

    return torch.cat([laid(m, pose) for m, pose in zip(moved, poses, strict=True)], 1)


def laid(moved: Movable, pose: Sequence[float]) -> torch.Tensor:
    """U, (1, 1, H, W), with what is moved laid into it at this pose (6,)."""
    import torch

    from stn_core.sampling import sample
    from stn_core.transforms import Affine, invert_affine

    theta = torch.as_tensor(pose, dtype=torch.float32)[None]
    picture = torch.from_numpy(moved.image)[None, None].float() / 255
    return sample(picture, Affine().grid(invert_affine(theta), moved.size))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A digit of the visitor's own. pixels: 28 × 28 of them, uint8; label: which digit it is."""

    pixels: bytes
    label: int


SUMS = "addition/rts/2st-fcn-aff"  # whose data all of addition's experiments share


@st.cache_data(max_entries=1024, show_spinner=False)
def pair(
    first: int, second: int, seed: int, drawn: tuple[Drawn | None, Drawn | None] = (None, None)
) -> Examples:
    """Two gallery digits, each in its channel: Examples with a batch of one.

    With the partner that ``evaluation.example`` draws for this seed, it is that example. drawn:
    what stands in a gallery digit's stead.
    """
    from stn_core import evaluation
    from stn_core.experiments import find

    data, generator = find(SUMS).data, evaluation.example_generator(first, seed)
    data.partners(_digit(first), generator, gallery())  # drawn there, chosen here
    digits = (_digit(d, own) for d, own in zip((first, second), drawn, strict=True))
    return data.pairs(*digits, generator)


@st.cache_data(max_entries=1024, show_spinner=False)
def partner(first: int, seed: int) -> int:
    """The gallery digit that an example of addition has in its second channel."""
    from stn_core import evaluation
    from stn_core.experiments import find

    generator = evaluation.example_generator(first, seed)
    return int(find(SUMS).data.partners(_digit(first), generator, gallery()))


def _digit(digit: int, drawn: Drawn | None = None) -> Digits:
    """A gallery digit, or a drawn one in its stead, alone in a batch of one."""
    import torch

    from stn_core.digits import Digits

    if drawn is not None:
        image = torch.frombuffer(bytearray(drawn.pixels), dtype=torch.uint8).view(1, 28, 28)
        return Digits(image, torch.tensor([drawn.label]))
    found = gallery()
    return Digits(found.images[digit : digit + 1], found.labels[digit : digit + 1])


@st.cache_data(max_entries=32, show_spinner="Turning and moving digits …")
def pose_left(_loaded: LoadedNetwork, key: str) -> tuple[np.ndarray, np.ndarray]:
    """What is left of the digits' pose: in each transformer's V (N, C), and in U itself (C,)."""
    from stn_core import evaluation, training

    posed = training.posed_probes(_loaded.experiment, gallery())
    warps = trace(_loaded, posed.flatten(0, 1)).warps
    outputs = (warp.output.unflatten(0, posed.shape[:2]) for warp in warps)
    left = np.stack([evaluation.pose_left(output) for output in outputs])
    return left, evaluation.pose_left(posed)


SWEEP_DEGREES = tuple(range(-90, 91, 3))


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What a network makes of an example that is turned through SWEEP_DEGREES.

    poses: (T, 6); theta: (T, P), or None without a transformer; share: (T,) of the true class.
    """

    poses: np.ndarray
    theta: np.ndarray | None
    share: np.ndarray


@st.cache_data(max_entries=64, show_spinner=False)
def sweep(
    _loaded: LoadedNetwork,
    key: str,
    experiment_name: str,
    digit: int,
    seed: int,
    drawn: Drawn | None = None,
) -> Sweep:
    """The example's input turned about its own middle, all else as it was drawn."""
    import torch

    from stn_core.transforms import decompose_affine, similarity_theta

    moved = movable(experiment_name, digit, seed, drawn)
    start = torch.from_numpy(moved.pose)[None]
    scale = decompose_affine(start)["scale_x"]
    angles = torch.tensor(SWEEP_DEGREES) * torch.pi / 180
    poses = similarity_theta(
        angles, *(v.expand(len(angles)) for v in (scale, start[:, 2], start[:, 5]))
    )
    found = trace(_loaded, torch.cat([laid(moved, pose) for pose in poses.tolist()]))
    label = int(example(experiment_name, digit, seed, drawn).labels[0])
    return Sweep(
        poses=poses.numpy(),
        theta=found.warps[0].theta.numpy() if found.warps else None,
        share=found.logits.softmax(1)[:, label].numpy(),
    )


@dataclass(frozen=True, kw_only=True)
class Angles:
    """True and predicted angles of some gallery digits, in degrees, and whether they were read
    right: (N,) each."""

    digits: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    right: np.ndarray


@st.cache_data(max_entries=64, show_spinner="Turning 200 digits …")
def angles(_loaded: LoadedNetwork, key: str, experiment_name: str, seed: int) -> Angles:
    """Of 20 digits of each class. The predicted angle is T_θ's at the middle of V."""
    import torch

    digits = np.array([d for d in range(1000) if d % 100 < 20])
    shown = [example(experiment_name, int(d), seed) for d in digits]
    found = trace(_loaded, torch.cat([e.images for e in shown]))
    warp = found.warps[0]
    ends = torch.tensor([[-0.1, 0.1], [0, 0]])  # of a short way along V's x axis
    west, east = _loaded.network.transformer.transform.at(warp.theta, ends).unbind(1)
    across = east - west
    labels = torch.cat([e.labels for e in shown])
    return Angles(
        digits=digits,
        true=torch.cat([e.pose["angle_degrees"] for e in shown]).numpy(),
        predicted=(torch.atan2(across[:, 1], across[:, 0]) * 180 / torch.pi).numpy(),
        right=(found.logits.argmax(1) == labels).numpy(),
    )


def trace(loaded: LoadedNetwork, images: torch.Tensor, *thetas: Sequence[float] | None):
    """The network's Trace of images (B, C, H, W).

    thetas: (P,) for each transformer, in place of its own; None leaves it that.
    """
    import torch

    with torch.inference_mode():
        given = [t if t is None else torch.tensor([list(t)], dtype=torch.float32) for t in thetas]
        return loaded.network.trace(images, *given)


@st.cache_data(max_entries=256, show_spinner=False)
def said(
    _loaded: LoadedNetwork, key: str, experiment_name: str, digits: tuple[int, ...], seed: int
) -> list[int]:
    """The class that a network, known by its key, gives each of some gallery digits."""
    import torch

    images = torch.cat([example(experiment_name, digit, seed).images for digit in digits])
    return trace(_loaded, images).logits.argmax(1).tolist()


def invariance(column: str) -> tuple[Recording, list[str]] | None:
    """The recorded curves of ``distorted/rts``, and the networks whose weights are others by now.

    None if there are none. Raises CheckpointError.
    """
    from stn_core import invariance as measured

    path = measured.recording_path(column)
    return _invariance(column, path.stat().st_mtime) if path.is_file() else None


@st.cache_data(max_entries=10, show_spinner=False)
def _invariance(column: str, modified: float) -> tuple[Recording, list[str]]:
    from stn_core import invariance as measured

    found = measured.load(column)
    return found, found.outdated()


@st.cache_data(max_entries=256, show_spinner=False)
def posed(column: str, axis: str, value: float, digits: tuple[int, ...]) -> torch.Tensor:
    """Gallery digits (N, 1, H, W) in the pose that is measured at this value of an axis."""
    from stn_core import invariance as measured

    distortion, found, chosen = measured.distortion_of(column), gallery().images, list(digits)
    clutter = measured.draw_clutter(distortion, found[chosen], others=found)
    [varied] = [a for a in measured.axes(distortion) if a.name == axis]
    pose = measured.at(distortion, varied, value)
    return measured.posed(distortion, found[chosen], pose, clutter)


VOLUMES = "volumes/extruded/cnn"  # whose data all of the volumes' experiments share


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A gallery digit in a volume. image: uint8 (28, 28); turn: (3, 3); shift: (3,), normalised."""

    image: np.ndarray
    label: int
    turn: np.ndarray
    shift: np.ndarray
    angle_degrees: np.ndarray


@st.cache_data(max_entries=1024, show_spinner=False)
def placed(digit: int, seed: int, drawn: Drawn | None = None) -> Placed:
    """The pose that ``evaluation.example`` draws for a digit and a seed; the volume is made anew
    each time, since one takes a megabyte."""
    from stn_core import evaluation
    from stn_core.experiments import find

    chosen = _digit(digit, drawn)
    generator = evaluation.example_generator(digit, seed)
    shown = find(VOLUMES).data.examples(chosen, generator, gallery())
    return _placed(chosen.images[0], shown, 0)


@st.cache_data(max_entries=10, show_spinner=False)
def placed_probe(probe: int) -> Placed:
    """The probe of a class, in the pose in which every recorded training has it."""
    from stn_core import training
    from stn_core.experiments import find

    shown = training.probe_examples(find(VOLUMES), gallery())
    return _placed(training.probe_digits(gallery()).images[probe], shown, probe)


def _placed(image: torch.Tensor, shown: Examples, index: int) -> Placed:
    from stn_core.transforms import euler_rotation

    degrees = shown.pose["angle_degrees"][index : index + 1]
    return Placed(
        image=image.numpy(),
        label=int(shown.labels[index]),
        turn=euler_rotation(degrees.deg2rad())[0].numpy(),
        shift=shown.pose["shift"][index].numpy(),
        angle_degrees=degrees[0].numpy(),
    )


def pictured(experiment_name: str, digit: int, seed: int) -> tuple[torch.Tensor, int]:
    """The example's images, a batch of one, and its label."""
    if experiment_name.startswith("volumes/"):
        found = placed(digit, seed)
        return extruded(found.image, found.turn, found.shift), found.label
    shown = example(experiment_name, digit, seed)
    return shown.images, int(shown.labels[0])


def extruded(image: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> torch.Tensor:
    """The volume (1, 1, 60, 60, 60) of a digit (28, 28) in a pose, the shift normalised."""
    import torch

    from stn_core.experiments.volumes import SIDE
    from stn_core.experiments.volumes import extruded as drawn

    rotation, place = (torch.as_tensor(v, dtype=torch.float32)[None] for v in (turn, shift))
    return drawn(torch.from_numpy(image)[None], rotation, place * SIDE / 2)


NETWORK_WORDS = {
    "fcn": "FCN", "cnn": "CNN", "st": "ST", "2st": "2×ST",
    "aff": "Aff", "proj": "Proj", "tps": "TPS", "rigid": "Rigid", "3d": "3D",
}  # fmt: skip


def network_title(short: str) -> str:
    """``st-cnn-aff`` -> ``ST-CNN Aff``, as the paper writes it; ``…@1`` is of another seed."""
    short, _, seed = short.partition("@")
    if seed:
        return f"{network_title(short)}, seed {seed}"
    parts = [NETWORK_WORDS[part] for part in short.split("-")]
    return "-".join(parts[:2]) + (f" {parts[2]}" if len(parts) > 2 else "")
