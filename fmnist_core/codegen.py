"""Experiment -> a plain Keras script that reproduces it, with nothing of this program in it.

The script is assembled from parts that a reader would write by hand; what an experiment does not
use (a schedule, early stopping, label noise, validation) is not in its script. Its split rule is
that of ``datasets.splits``; its layers are ``codegen_layers``'. Tests hold them equal.
"""

from __future__ import annotations

from fmnist_core import codegen_folder as folder_parts
from fmnist_core import codegen_parts as parts
from fmnist_core.codegen_layers import call, layer_lines, own_layers
from fmnist_core.experiment import (
    Data,
    EarlyStopping,
    Experiment,
    Training,
    check,
)


def keras_script(experiment: Experiment) -> str:
    """The source of a Python script that needs only Keras 3 with TensorFlow, and NumPy.

    It takes ``--data DIR`` (the four IDX files; without it Keras downloads Fashion-MNIST),
    ``--epochs N`` and ``--steps N``; it prints the parameters, then the test accuracy. For a
    folder of one's own it needs Pillow too, and DIR is that folder.

    Raises:
        ExperimentError: the experiment cannot or may not be trained.
        DataError: its network is not made for squares, where the pictures are one's own.
    """
    check(experiment)
    data, target = experiment.data, experiment.training.target
    head = (folder_parts if data.folder else parts).HEAD
    sections = [
        head.substitute(title=plain(experiment.title), constants=_constants(experiment)),
        *_reading(experiment),
        parts.NOISE if data.label_noise else "",
        parts.TRIANGLE if experiment.training.schedule == "triangle" else "",
        parts.vary(data.augmentation),
        *_batches(experiment),
        own_layers(experiment.architecture),
        _model(experiment),
        parts.STOP_AFTER,
        parts.stop_at(target) if target else "",
        _main(experiment),
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections if section) + "\n"


def plain(title: str) -> str:
    """A title that is safe inside a docstring: one line, no quotes, no escapes."""
    printable = "".join(character if character.isprintable() else " " for character in title)
    return " ".join(printable.replace("\\", "/").replace('"', "'").split()) or "Own network"


def _reading(experiment: Experiment) -> list[str]:
    """What reads the pictures and splits them."""
    data = experiment.data
    train = "held_out:" if data.train_size is None else "held_out : held_out + TRAIN_SIZE"
    if data.folder:
        return folder_parts.reading(experiment, train)
    return [parts.READ, parts.SPLIT.substitute(train=train)]


def _batches(experiment: Experiment) -> list[str]:
    """What hands them to Keras, where it cannot take the array itself."""
    augmentation = experiment.data.augmentation
    if experiment.data.folder:
        return folder_parts.batches(experiment)
    return [parts.mixed(parts.MIXED, augmentation)] if augmentation.mixup else []


def _constants(experiment: Experiment) -> str:
    data, training = experiment.data, experiment.training
    counted = data.folder or data.label_noise or _one_hot(experiment)
    values: dict[str, float | None] = {
        "SEED": experiment.seed,
        **(folder_parts.sizes(experiment) if data.folder else {}),
        "CLASSES": experiment.architecture.classes if counted else 0,
        "VALIDATION_FRACTION": data.validation_fraction,
        "TRAIN_SIZE": data.train_size,
        "LABEL_NOISE": data.label_noise,
        "BATCH_SIZE": training.batch_size,
        "STEPS" if training.steps else "EPOCHS": training.steps or training.epochs,
    }
    always = ("SEED", "VALIDATION_FRACTION")
    return "\n".join(f"{name} = {v!r}" for name, v in values.items() if v or name in always)


def _one_hot(experiment: Experiment) -> bool:
    """Blended labels are rows too, however the loss was noted; one unit has no rows."""
    if experiment.architecture.output.binary:
        return False
    return experiment.training.loss == "one-hot" or bool(experiment.data.augmentation.mixup)


def _model(experiment: Experiment) -> str:
    scaling, augmentation = experiment.data.scaling, experiment.data.augmentation
    # Blended pictures were varied before, each by itself.
    vary = bool(parts.vary(augmentation)) and not augmentation.mixup
    lines = layer_lines(experiment.architecture, scaling, vary)
    moments = (folder_parts if experiment.data.folder else parts).MOMENTS
    return parts.MODEL.substitute(
        arguments=_model_arguments(experiment.data),
        moments=moments if scaling == "standardise" else "",
        layers="\n".join(lines),
    )


def _model_arguments(data: Data) -> str:
    if data.scaling != "standardise":
        return ""
    return "pictures, train" if data.folder else "x_train"


def optimizer_code(training: Training, rate: str) -> str:
    """``rate`` is an expression."""
    match training.optimizer:
        case "sgd":
            return f"keras.optimizers.SGD({rate})"
        case "sgd-nesterov":
            return f"keras.optimizers.SGD({rate}, momentum={training.momentum!r}, nesterov=True)"
        case "rmsprop":
            return f"keras.optimizers.RMSprop({rate})"
        case "adam":
            return f"keras.optimizers.Adam({rate})"
        case "adamw":
            return f"keras.optimizers.AdamW({rate}, weight_decay={training.weight_decay!r})"


def _rate(training: Training) -> str:
    return repr(training.learning_rate) if training.schedule == "constant" else "schedule"


def _schedule(training: Training) -> str:
    rate, factor = repr(training.learning_rate), repr(training.decay_factor)
    name = "    schedule = keras.optimizers.schedules."
    if training.schedule == "constant":
        return ""
    if training.schedule == "cosine":
        return f"{name}CosineDecay({rate}, decay_steps=total_steps)\n"
    if training.schedule == "triangle":
        return f"    schedule = Triangle({rate}, total_steps)\n"
    epochs = training.decay_epochs
    steps = "steps_per_epoch" if epochs == 1 else f"{epochs!r} * steps_per_epoch"
    staircase = "        staircase=True,\n" if training.schedule == "step" else ""
    return (
        f"{name}ExponentialDecay(\n        {rate},\n"
        f"        decay_steps={steps},\n"
        f"        decay_rate={factor},\n{staircase}    )\n"
    )


def loss_code(experiment: Experiment) -> str:
    training = experiment.training
    arguments = ["from_logits=True"] if experiment.architecture.output.logits else []
    if training.label_smoothing:
        arguments.append(f"label_smoothing={training.label_smoothing!r}")
    name = "Categorical" if _one_hot(experiment) else "SparseCategorical"
    if experiment.architecture.output.binary:
        name = "Binary"
    return f"keras.losses.{name}Crossentropy({', '.join(arguments)})"


def _early_stopping(early: EarlyStopping) -> str:
    arguments = [
        f'monitor="val_{early.monitor}"',
        f'mode="{"min" if early.monitor == "loss" else "max"}"',
        f"patience={early.patience}",
        f"restore_best_weights={early.restore_best}",
    ]
    return call("keras.callbacks.EarlyStopping", arguments)


def _main(experiment: Experiment) -> str:
    data, training = experiment.data, experiment.training
    callbacks = ["            StopAfter(total_steps),"]
    if training.early_stopping:
        callbacks.append(_early_stopping(training.early_stopping))
    if training.target:
        callbacks.append("            StopAtTarget(),")
    own = folder_parts.main(experiment, _one_hot(experiment)) if data.folder else None
    return parts.MAIN.substitute(
        own or _main_of_arrays(experiment),
        total_steps="STEPS" if training.steps else "EPOCHS * steps_per_epoch",
        arguments=_model_arguments(data),
        schedule=_schedule(training),
        optimizer=optimizer_code(training, _rate(training)),
        loss=loss_code(experiment),
        callbacks="\n".join(callbacks),
    )


def _main_of_arrays(experiment: Experiment) -> dict[str, str]:
    """What ``main`` does with Fashion-MNIST, which fits into memory as it is learned."""
    data = experiment.data
    held_out = data.validation_fraction > 0
    prepare = []
    if data.label_noise:
        prepare.append("    y_train = flip_labels(y_train)")
    if held_out:
        prepare.append("    x_val, y_val = pictures[validation], labels[validation]")
    if _one_hot(experiment):
        ys = ("y_train", "y_val", "y_test") if held_out else ("y_train", "y_test")
        prepare += [f"    {y} = keras.utils.to_categorical({y}, CLASSES)" for y in ys]
    given = ["x_train", "y_train", "batch_size=BATCH_SIZE"]
    if data.augmentation.mixup:
        given = ["Mixed(x_train, y_train)"]
    return parts.MAIN_OF_ARRAYS | {
        "pictures": "".join(f"        {each},\n" for each in given),
        "prepare": "".join(f"{line}\n" for line in prepare),
        "validation": "        validation_data=(x_val, y_val),\n" if held_out else "",
    }
