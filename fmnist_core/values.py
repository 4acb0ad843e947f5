"""The base of every frozen, validated value, and the one place that words validation errors."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from fmnist_core.errors import ExperimentError

RECEIVED_LENGTH = 60
_BOUNDS = {"le": "at most", "ge": "at least", "lt": "less than", "gt": "more than"}


class Value(BaseModel):
    """Frozen; unknown keys, wrong types, NaN and infinity are refused, never replaced."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    def to_json(self) -> str:
        return self.model_dump_json(indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises ExperimentError: for anything that is not exactly such a value."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ExperimentError(explain(error)) from error

    def changed(self, **changes: Any) -> Self:
        """A copy with these fields changed, validated like a new one."""
        try:
            return type(self)(**{**dict(self), **changes})
        except ValidationError as error:
            raise ExperimentError(explain(error)) from error


def explain(error: ValidationError, where: str = "") -> str:
    """One sentence per mistake: which setting, what was expected, what was received."""
    whole = error.title.lower()
    return " ".join(_sentence(mistake, where, whole) for mistake in error.errors(include_url=False))


def _sentence(mistake: Any, where: str, whole: str) -> str:
    location = _location(mistake["loc"])
    path = ".".join([where, *location] if where else location) or whole
    received = repr(mistake.get("input"))
    if len(received) > RECEIVED_LENGTH:
        received = received[:RECEIVED_LENGTH] + "..."
    context = mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            return f"{path} is not a setting. Check its spelling or leave it out."
        case "missing":
            return f"{path} is missing."
        case "value_error":
            return f"{path}: {context['error']}"
        case "less_than_equal" | "greater_than_equal" | "less_than" | "greater_than":
            (bound,) = context
            expected = f"{_BOUNDS[bound]} {context[bound]:,}"
            return f"{path}: expected {expected}, received {received}."
        case "union_tag_invalid":
            return f"{path}: expected one of {context['expected_tags']}, received {received}."
        case "literal_error":
            return f"{path}: expected {context['expected']}, received {received}."
    message = str(mistake["msg"])
    return f"{path}: {message[0].lower()}{message[1:]}, received {received}."


def _location(parts: tuple[int | str, ...]) -> list[str]:
    """Without the kind that pydantic adds: ``layers, 1, Dense, units`` -> ``layers, 1, units``."""
    return [
        str(part)
        for before, part in zip(("", *parts), parts, strict=False)
        if not (isinstance(before, int) and str(part)[:1].isupper())
    ]
