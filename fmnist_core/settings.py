"""Text -> Experiment -> text: ``cnn-16;training.batch_size=64;seed=3``.

One notation for the command line (``--set``) and for the address bar: the name of a preset, then
every setting that differs from it, as JSON values. So a link is short, readable, and complete.
"""

from __future__ import annotations

import json
from typing import Any

from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment
from fmnist_core.limits import MAX_LINK_LENGTH
from fmnist_core.presets import PRESETS, preset

# Compared and written as one value: half a list of layers, or half a target, means nothing.
_WHOLE = ("architecture.layers", "training.early_stopping", "training.target")


def with_settings(experiment: Experiment, settings: list[str]) -> Experiment:
    """The experiment with ``KEY=VALUE`` settings applied, in order.

    ``KEY`` is a dotted path (``training.batch_size``, ``architecture.layers.1.units``); ``VALUE``
    is JSON, or bare text for a name (``training.optimizer=sgd``).

    Raises:
        ExperimentError: for an unknown key or a value that does not fit.
    """
    tree = json.loads(experiment.to_json())
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not (equals and key.strip()):
            raise ExperimentError(f"Expected KEY=VALUE, received {setting[:60]!r}.")
        _put(tree, key.strip(), _value(text))
    return Experiment.from_json(json.dumps(tree))


def to_link(experiment: Experiment) -> str:
    """The experiment as one line, reversed by ``from_link``."""
    base = PRESETS.get(experiment.preset) or next(iter(PRESETS.values()))
    before, after = (_flatten(_tree(value)) for value in (base.experiment, experiment))
    changed = [
        f"{key}={json.dumps(value, separators=(',', ':'))}"
        for key, value in after.items()
        if value != before[key]
    ]
    return ";".join([base.name, *changed])


def from_link(text: str) -> Experiment:
    """Raises ExperimentError: for an unknown preset, key or value, or a link that is too long."""
    if len(text) > MAX_LINK_LENGTH:
        raise ExperimentError(
            f"This experiment's address has {len(text):,} characters; "
            f"at most {MAX_LINK_LENGTH:,} are read."
        )
    name, *settings = _split(text)
    return with_settings(preset(name).experiment, settings)


def _tree(experiment: Experiment) -> dict[str, Any]:
    """The experiment as JSON, its layers without what they have by default: links stay short."""
    tree: dict[str, Any] = json.loads(experiment.to_json())
    tree["architecture"]["layers"] = [
        {"kind": layer.kind} | layer.model_dump(exclude_defaults=True)
        for layer in experiment.architecture.layers
    ]
    return tree


def _split(text: str) -> list[str]:
    """Split at semicolons, but not inside JSON text: a title may hold one."""
    parts, quoted, escaped = [""], False, False
    for character in text:
        if character == ";" and not quoted:
            parts.append("")
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and not escaped
        parts[-1] += character
    return parts


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    *parents, leaf = key.split(".")
    key = key[:60]
    node: Any = tree
    for depth, name in enumerate(parents, start=1):
        node = _part(node, name)
        if not isinstance(node, dict | list):
            raise ExperimentError(
                f"{key} is not a setting: there is nothing to set in {'.'.join(parents[:depth])!r}."
            )
    if not isinstance(node, dict):
        raise ExperimentError(f"{key} is not a setting. It is a list: name one of its parts.")
    if leaf not in node:
        raise ExperimentError(f"{key} is not a setting. Known here: {', '.join(node)}.")
    node[leaf] = value


def _part(node: Any, name: str) -> Any:
    """By name in an object, by place in a list; None where there is no such part."""
    if isinstance(node, list):
        return node[int(name)] if name.isdecimal() and int(name) < len(node) else None
    return node.get(name)


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        key = prefix + name
        if isinstance(value, dict) and key not in _WHOLE:
            flat |= _flatten(value, key + ".")
        else:
            flat[key] = value
    return flat
