"""The results: the tables, their downloads, and the examples that networks misread."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.data import gallery, networks
from app.panels import downloads, misread, results_files
from app.panels.misread import PAGE_SIZE, SAMPLE_SIZE, disagreements
from app.panels.results import spread_words
from app.tables import TABLES
from app.views.addition import explorer as addition
from app.views.distorted import explorer as distorted
from app.views.volumes import explorer as volumes
from stn_core import checkpoints, evaluation, report, results
from stn_core.experiments import EXPERIMENTS, find
from stn_core.metrics import load_metrics, load_tried
from stn_core.typed_json import to_json
from tests.app import visiting
from tests.app.visiting import MAIN, go_to, payload, texts


def read_csv(text: str) -> csv.DictReader:
    return csv.DictReader(io.StringIO(text.removeprefix(downloads.BYTE_ORDER_MARK)))


def view(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    for key, value in {"view": name, **query}.items():
        app.query_params[key] = value
    go_to(app, "distorted").run()
    assert not app.exception and not app.error
    return app


def test_results_show_every_cell_and_all_downloads():
    app = view("Results")
    words = texts(app)
    for name, experiment in EXPERIMENTS.items():
        if name.startswith("distorted/") and checkpoints.is_published(experiment):
            mean, _, spread = results.cells("distorted")[name].ours.partition(" ± ")
            assert f"<b>{mean}</b></a><span class='spread'> ± {spread}</span>" in words
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels[0] == "Table as CSV" and labels[-1] == "All of it as JSON" and len(labels) == 5


def test_plus_minus_is_of_seeds_where_photographs_are_measured_as_they_are():
    cells = results.cells("birds")
    assert spread_words(cells) == "±: the spread over several seeds of a training. "
    assert spread_words({n: c for n, c in cells.items() if len(c.metrics.seeds) == 1}) == ""
    drawn = spread_words(results.cells("distorted"))
    assert drawn == "±: the spread over five distortions of each digit. "


@pytest.mark.parametrize("table", TABLES)
def test_downloads_hold_what_is_shown(table):
    cells, columns = results.cells(table), results.rows_and_columns(table)[1]
    lines = list(read_csv(downloads.as_csv(results_files.errors(cells))))
    held = json.loads(json.dumps(results_files.everything(TABLES[table], cells, columns)))
    assert [line["experiment"] for line in lines] == list(cells)
    for line, network, (name, cell) in zip(lines, held["networks"], cells.items(), strict=True):
        if cell.metrics is None:
            assert line["ours"] == "" and network["metrics"] is None
            continue
        assert network["experiment"] == name and network["metrics"] == to_json(cell.metrics)
        assert network["ours"] == cell.error == pytest.approx(float(line["ours"]), rel=1e-6)
        paper = float(line["paper"]) if line["paper"] else None
        assert paper == network["paper"] == cell.experiment.reported
        assert line["seeds"] == " ".join(map(str, cell.metrics.seeds))
        mean = "" if network["spread"] is None else f" ± {network['spread']:.2f}"
        assert cell.ours == f"{float(line['mean']):.2f}{mean}" == f"{network['mean']:.2f}{mean}"
        assert float(line["spread"] or 0) == pytest.approx(network["spread"] or 0, rel=1e-6)
        assert float(line["learning_rate"]) == pytest.approx(cell.metrics.recipe.learning_rate)
        assert network["other_recipes"] == to_json(load_tried(cell.experiment))
    told = "\n".join(report.table(table))
    for found in held["differences"]:
        assert f"[{found['low']:5.2f}, {found['high']:5.2f}]" in told
    assert len(held["differences"]) == told.count("%  [")
    for column, found in held["misread_by_every_network"].items():
        if found is None:  # of a column that has not been trained
            continue
        words = f"{found['misread']:,} of {found['examples']:,}"
        assert re.search(rf"misreads:.* {column.upper()} {words}(,|$)", told)


def test_download_has_a_line_for_what_is_not_trained():
    name = "distorted/rts/cnn"
    rows = results_files.errors({name: results.Cell(find(name), None)})
    (line,) = read_csv(downloads.as_csv(rows))
    assert {key: value for key, value in line.items() if value} == {
        "experiment": name,
        "paper": "0.8",
    }


@pytest.mark.parametrize("distortion", ["TC", "P"])
def test_results_below_the_table_are_of_the_chosen_distortion(distortion):
    app = view("Results", distortion=distortion, confusion="CNN")
    column = distortion.lower()
    told = texts(app)
    for found in results.differences("distorted", column):
        by, high = (f"{x:.2f}".replace("-", "−") for x in (found.percent, found.high))
        row = re.search(rf"\| {by}&nbsp;% \| \S+&nbsp;to&nbsp;{high} \| (.+) \|", told)
        assert row and row[1].endswith("†") != found.alike
    metrics = load_metrics(find(f"distorted/{column}/cnn"))
    errors, confused = (json.loads(c.proto.spec)["data"] for c in app.get("plotly_chart"))
    written = confused[0]["text"]
    assert [int(written[i][i]) for i in range(10)] == [
        row[i] for i, row in enumerate(metrics.confusion_test)
    ]
    of_column = [c for n, c in results.cells("distorted").items() if f"/{column}/" in n]
    ours, paper = (dict(zip(dots["y"], dots["x"], strict=True)) for dots in errors)
    assert len(ours) == len(of_column) == 8
    for cell in of_column:
        title = networks.network_title(cell.experiment.name.rsplit("/", 1)[1])
        assert f"{ours[title]:.2f}" == cell.ours.split(" ")[0]
        assert paper.get(title) == cell.experiment.reported
    wrong = sum(map(len, metrics.misread_examples))
    counts = re.findall(r"(CNN wrong, ST-CNN Aff right|Both wrong): (\d+) of 3,000", told)
    assert sum(int(count) for _, count in counts) == wrong


PAGES = {"distorted": "view", "addition": "sum_view", "volumes": "volume_view"}
EXPLORERS = {
    "distorted": distorted.EXPLORER,
    "addition": addition.EXPLORER,
    "volumes": volumes.EXPLORER,
}
COLUMNS = {"distorted": "rts", "addition": "rts", "volumes": "extruded"}


def opened(table: str, **query: str) -> AppTest:
    app = visiting.opened(table, **query)
    assert not app.exception and not app.error
    return app


@pytest.fixture
def galleries(monkeypatch) -> dict[str, list]:
    """The pictures of the three groups."""
    shown = {}

    def strip(items, *, key, token):
        shown[key] = items

    monkeypatch.setattr(misread, "strip", strip)
    return shown


def is_shown(app: AppTest, table: str, item, said: dict[str, str]) -> None:
    """Whether the explorer shows this picture, and the networks say this of it."""
    assert not app.exception and not app.error
    words = texts(app)
    for network, answer in said.items():
        assert f"{network} reads {answer} " in words
    label = item.label.split()[0]
    assert f"{label} is true" in words
    if table != "volumes":
        (u,) = payload(app)["items"]
        assert base64.b64decode(u["image"]) == item.image.tobytes()


def answers(table: str, item) -> dict[str, str]:
    """What both networks say of an example that both misread, by the words below it."""
    said = item.label.partition(" → ")[2].split(" / ")
    names = map(networks.network_title, TABLES[table].compared)
    return dict(zip(names, said, strict=True))


@pytest.mark.parametrize("table", EXPLORERS)
def test_picture_is_a_link_to_its_example(table, galleries):
    opened(table, **{PAGES[table]: "Results"})
    for key, which in (("misread-one", 0), ("misread-other", 1)):
        item = galleries[key][-1]
        network = networks.network_title(TABLES[table].compared[which])
        app = opened(table, **dict(parse_qsl(item.href.removeprefix("?"))))
        is_shown(app, table, item, {network: item.label.partition(" → ")[2]})
        assert f"as {item.label.partition(' → ')[2]} by {network}" in item.alt
    items = galleries["misread-both"]
    item = next((i for i in items if len(set(answers(table, i).values())) == 2), items[0])
    is_shown(
        opened(table, **dict(parse_qsl(item.href.removeprefix("?")))),
        table,
        item,
        answers(table, item),
    )


def test_links_of_the_results_keep_what_a_lecture_has_set(galleries):
    app = opened("distorted", view="Results", large="true", hide="captions,seed")
    kept = {"large": "true", "hide": "captions,seed"}
    for item in galleries["misread-one"]:
        assert dict(parse_qsl(item.href.removeprefix("?"))).items() >= kept.items()
    links = re.findall(r"<a href='\?([^']+)' target='_self'><b>", texts(app))
    assert len(links) == 40
    assert all(dict(parse_qsl(html.unescape(link))).items() >= kept.items() for link in links)


def test_all_of_a_group_can_be_looked_at_page_by_page(galleries):
    app = opened("addition", sum_view="Results")
    groups = disagreements(TABLES["addition"], results.cells("addition"), "rts")
    count = len(groups["Both wrong"])
    legend = "true class → ST-FCN Aff / 2×ST-FCN Aff"
    assert f"Both wrong: {count} of 3,000 · {legend}" in texts(app)
    assert len(galleries["misread-both"]) == SAMPLE_SIZE and not app.pagination
    app.toggle(key="misread_both").set_value(True).run()
    seen = []
    for page in range(1, 1 + -(-count // PAGE_SIZE)):
        app.pagination(key="misread_both_page").set_value(page).run()
        seen += [item.id for item in galleries["misread-both"]]
        assert f"to {len(seen)}" in texts(app)
    assert len(set(seen)) == len(seen) == count
    linked = opened("addition", sum_view="Results", misread_both="true", misread_both_page="99")
    assert linked.pagination[0].value == 1  # a page that there is


def test_a_small_group_is_shown_whole_without_a_switch(galleries):
    app = view("Results", distortion="RTS")
    groups = disagreements(TABLES["distorted"], results.cells("distorted"), "rts")
    keys = ("misread_one", "misread_other", "misread_both")
    switches = {toggle.key for toggle in app.toggle}
    assert switches & set(keys) == {
        key for key, said in zip(keys, groups.values(), strict=True) if len(said) > 10
    }


@pytest.mark.parametrize("table", EXPLORERS)
def test_download_of_the_misread_examples_has_each_with_its_true_class(table):
    cells, column = results.cells(table), COLUMNS[table]
    rows = results_files.misread(TABLES[table], EXPLORERS[table], cells, column)
    one, other = map(networks.network_title, TABLES[table].compared)
    misread = cells[f"{table}/{column}/{TABLES[table].compared[0]}"].metrics.misread_examples
    assert sum(row[one] != row["true"] for row in rows) == sum(map(len, misread))
    for row in rows[:: max(1, len(rows) // 5)]:
        example = evaluation.example(
            find(f"{table}/{column}/cnn"), gallery.gallery(), row["digit"], row["seed"]
        )
        assert int(example.labels[0]) == row["true"]
        said = misread[row["seed"]].get(row["digit"], row["true"])
        assert row[one] == said
        if row["group"] == f"{one} wrong, {other} right":
            assert row[one] != row["true"] == row[other]


def test_download_of_the_confusions_adds_up_to_the_matrices():
    rows = results_files.confusions(results.cells("volumes"))
    metrics = load_metrics(find("volumes/extruded/3d-cnn"))
    counts = np.zeros((10, 10), int)
    for row in rows:
        if row["experiment"] == "volumes/extruded/3d-cnn":
            counts[row["true"], row["said"]] += row["count"]
    np.testing.assert_array_equal(counts, metrics.confusion_test)


def test_only_what_the_paper_compares_is_held_against_it():
    told = texts(view("Results", distortion="TC"))
    rows = re.findall(r"\| (ST-\w+ \w+) \| (?:FCN|CNN) \| .* \| ([^|]+) \|\n", told + "\n")
    assert len(rows) == 6
    for network, verdict in rows:
        claimed, verdict = network.endswith("Aff"), verdict.removesuffix(" †")
        assert (verdict in ("yes", "**no**", "undecided")) == claimed
        assert verdict.endswith(r"\*") != claimed
    assert "the paper does not give both figures" in told
    assert "does not give both figures" not in texts(view("Results", distortion="RTS"))


@pytest.mark.parametrize("table", EXPLORERS)
def test_more_of_them_where_a_distortion_leaves_little_is_said_of_several_alone(table):
    told = texts(opened(table, **{PAGES[table]: "Results"}))
    assert "Every trained network misreads the same" in told
    assert ("leaves little to read" in told) == (table == "distorted")
