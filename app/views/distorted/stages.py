"""The stage of a distorted digit: U, the grid, V, and θ in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.data import angles, browser_networks
from app.data.networks import LoadedNetwork
from app.palette import GRIDS
from app.panels.transformers import pixels, report_of
from app.panels.verdicts import network_id
from app.stage.large import Features, Input, Item, Report, Run, Track, pair_data, stage
from app.stage.page_file import PageFile
from app.stage.transformers import Transformers
from app.views.distorted import PAGE
from app.views.distorted.shown import Moved, Shown


def _size(size: tuple[int, int]) -> str:
    """42 × 42, in one line."""
    return f"{size[0]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{size[1]}"


def network_stage(
    shown: Shown, moved: Moved, said: dict | None, index: int, *, turning: bool
) -> None:
    """U, to be turned and moved by hand, with a network's T_θ(G), V and θ in numbers.

    said: what the networks answer, for the page to take away, which all stages are on; index: of
    the stage; turning: play the input being turned.
    """
    data = _data(shown, moved, index, turning)
    others = [n for n in range(len(shown.staged)) if n != index]
    file = said and _file(shown, lambda: [*(_data(shown, moved, n, turning) for n in others), said])
    stage(data, key=stage_key(index), file=file or None)


def _file(shown: Shown, beside: Callable[[], Sequence[dict]]) -> PageFile | None:
    """None with a network that the browser does not run: nobody would answer in the file."""
    sent = [browser_networks.sent_network(n.key) for n in shown.networks]
    networks = [network for network in sent if network]
    if len(networks) < len(sent):
        return None
    titles = " and ".join(loaded.title for loaded in shown.networks)
    return PageFile(
        name=f"distorted-mnist-{shown.distortion.lower()}",
        title=PAGE.title,
        note=f"A distorted {shown.label} ({shown.distortion}), read by {titles}. Drag the digit or "
        "the grid, and the answers follow.",
        source=PAGE.paper.where,
        beside=beside,
        networks=networks,
    )


def _data(shown: Shown, moved: Moved, index: int, turning: bool) -> dict:
    """What the browser is sent of a stage."""
    loaded = shown.staged[index]
    height, width = shown.example.images.shape[2:]
    alt = f"Image U: a distorted {shown.label} ({shown.distortion})"
    captions = {"U": f"Image U, {_size((height, width))} pixels"}
    transformers = theta = probabilities = None
    if loaded:
        [prediction] = [p for p in moved.predictions if p.loaded.key == loaded.key]
        own, probabilities = prediction.own, prediction.probabilities
        theta = own.warps[0].theta[0].numpy()
        transform, side = loaded.network.transformer.transform, loaded.network.pool
        transformers = Transformers(transform=transform, colours=(GRIDS[index],))
        then = "" if side == 1 else f", then pooled to {_size((height // side, width // side))}"
        captions = {
            "U": "Image U and the sampling grid T<sub>θ</sub>(G)"
            f'<span class="hint">: drag it</span> ({_size((height, width))})',
            "V": f"Output V: U sampled at the grid{then}",
        }
        alt += ", with the sampling grid on it"
    image, movable = pixels(shown.example.images)[0], shown.movable
    return pair_data(
        Item(id=str(shown.digit), image=image, theta=theta, label="", alt=alt),
        token=stage_token(shown, loaded),
        transformers=transformers,
        track=turning_track(shown, loaded) if turning and loaded else None,
        inputs=[
            Input(
                image=movable.image,
                pose=movable.pose,
                name="picture" if movable.whole else "digit",
            )
        ],
        run=Run(group=shown.token, network=loaded and network_id(loaded)),
        features=Features(live=True),
        captions=captions,
        probabilities=probabilities,
        compact=len(shown.staged) > 1,
    )


def stage_key(index: int) -> str:
    return f"stage-{index}"


def stage_token(shown: Shown, loaded: LoadedNetwork | None) -> str:
    """Names what a stage shows: with another token it forgets what the hand has done."""
    return f"{loaded and loaded.key}/{shown.token}"


def reports_of(shown: Shown) -> list[Report]:
    """What the visitor has done on each stage."""
    return [
        report_of(loaded, stage_key(index), stage_token(shown, loaded))
        for index, loaded in enumerate(shown.staged)
    ]


def turning_track(shown: Shown, loaded: LoadedNetwork) -> Track:
    """The input turned about its middle, and the network's θ for it."""
    turned = shown.turned(loaded)
    return Track(
        name="Rotation of the image, from −90° to 90°",
        theta=turned.theta[:, None, None],
        labels=[f"{d}°".replace("-", "−") for d in angles.TURN_DEGREES],
        ends=("−90°", "90°"),
        per_second=10,
        poses=turned.poses,
    )
