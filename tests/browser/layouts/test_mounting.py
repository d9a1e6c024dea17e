"""Stages that Streamlit mounts, and mounts again."""

from __future__ import annotations


def test_component_that_is_mounted_again_on_the_same_element_goes_on(modules):
    goes_on, begins_anew = modules(
        """
        const mount = (await load("index")).default;
        const parentElement = document.createElement("div");
        parentElement.innerHTML = "<div class='stage'></div>";
        document.body.append(parentElement);
        const data = {
            layout: "strip", token: "one", items: [], channels: 1, inputSize: [2, 2],
            reading: { kernel: "bilinear", halfWidth: 1 }, transform: null, transformers: [],
        };
        const calls = { setStateValue() {}, setTriggerValue() {} };
        const begin = () => mount({ data, parentElement, ...calls });
        const shown = () => parentElement.firstChild.firstChild;
        let end = begin();
        const first = shown();
        end();
        end = begin();
        const second = shown();
        parentElement.remove();
        end();
        end = begin();
        const third = shown();
        end();
        return [first === second, third !== second];
        """
    )
    assert goes_on and begins_anew
