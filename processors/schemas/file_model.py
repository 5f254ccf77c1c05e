"""What may stand in a schema file: the edge where TOML becomes typed values (pydantic)."""

import re
from datetime import date, datetime
from decimal import Decimal
from textwrap import shorten
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    ValidationError,
)
from pydantic_core import ErrorDetails

from processors.fields import FieldType
from processors.schemas.constraints import Sign
from processors.schemas.model import RuleName
from processors.schemas.problems import Place, SourceText, did_you_mean

NAME = r"^[a-z][a-z0-9_]{0,63}$"
SEMANTIC_VERSION = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$"


def _limit(value: object) -> Decimal | date:
    """A number of TOML as ``Decimal``, a date as it is. Raises ``ValueError`` for everything else."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite():
        return Decimal(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("expected a number, or a date such as 1990-01-31, without quotes")


def _kind_of_labels(value: object) -> str:
    return "own-labels" if isinstance(value, dict) else "shared-labels"


Name = Annotated[StrictStr, Field(pattern=NAME)]
Text = Annotated[StrictStr, Field(min_length=1)]
Language = Annotated[StrictStr, Field(pattern=r"^[a-z]{2}$")]
Limit = Annotated[date | Decimal, PlainValidator(_limit)]
OwnLabels = dict[Language, tuple[Text, ...]]
LabelsValue = Annotated[
    Annotated[Name, Tag("shared-labels")] | Annotated[OwnLabels, Tag("own-labels")], Discriminator(_kind_of_labels)
]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ThresholdsTable(_Table):
    """``thresholds = { pass = 0.97, second_look = 0.80 }``, as in the settings."""

    straight: Probability = Field(alias="pass")
    second_look: Probability


class FieldTable(_Table):
    """One ``[[fields]]`` or ``[[columns]]``. An overlay may leave out what the field has already."""

    name: Name
    type: FieldType | None = None
    description: Text | None = None
    required: StrictBool | None = None
    labels: LabelsValue | None = None
    pattern: Text | None = None
    min: Limit | None = None
    max: Limit | None = None
    sign: Sign | None = None
    enum: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    max_length: Annotated[StrictInt, Field(ge=1)] | None = None
    thresholds: ThresholdsTable | None = None


class SchemaFile(_Table):
    """A file that brings a schema."""

    name: Name
    version: Annotated[StrictStr, Field(pattern=SEMANTIC_VERSION)]
    description: Text
    document_types: tuple[Name, ...] = ()
    rules: tuple[RuleName, ...] = (RuleName.VALUE_READS_BACK,)
    fields: Annotated[tuple[FieldTable, ...], Field(min_length=1)]
    columns: tuple[FieldTable, ...] = ()


class OverlayFile(_Table):
    """A file that adds to a schema. ``name`` stands in the version of what comes out, so it has no underscore."""

    extends: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*_v[0-9]+$")]
    name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    version: Annotated[StrictStr, Field(pattern=SEMANTIC_VERSION)]
    rules: tuple[RuleName, ...] = ()
    fields: tuple[FieldTable, ...] = ()
    columns: tuple[FieldTable, ...] = ()


_PATTERNS = {
    NAME: "lower-case letters, digits and _, beginning with a letter",
    SEMANTIC_VERSION: 'a semantic version such as "1.0.0"',
    r"^[a-z]{2}$": "a language of two letters such as en",
    r"^[a-z][a-z0-9_]*_v[0-9]+$": 'the id of a schema such as "invoice_v1"',
    r"^[a-z][a-z0-9-]{0,31}$": "lower-case letters, digits and -, beginning with a letter",
}


def read_model(data: dict[str, Any], source: SourceText) -> tuple[SchemaFile | OverlayFile | None, list[str]]:
    """The file as a model, or ``None`` and all its mistakes as sentences."""
    model: type[SchemaFile] | type[OverlayFile] = OverlayFile if "extends" in data else SchemaFile
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        # A list whose items are all wrong is "too short" too; the items' own mistakes say more.
        mistakes = [
            item for item in error.errors(include_url=False) if item["type"] != "too_short" or not item["input"]
        ]
        return None, list(dict.fromkeys(_sentence(item, model, source) for item in mistakes))


def _sentence(item: ErrorDetails, model: type[SchemaFile] | type[OverlayFile], source: SourceText) -> str:
    place = _clean(item["loc"])
    context = item.get("ctx", {})
    given = item["input"]
    shown = shorten(str(given) if isinstance(given, Decimal) else repr(given), 80)
    match item["type"]:
        case "missing":
            return f"{source.at(place[:-1])}{place[-1]} is missing"
        case "extra_forbidden":
            known = _known_keys(model, place)
            hint = did_you_mean(place[-1], known)
            return f"{source.at(place)}unknown key{hint or '; known are ' + ', '.join(known)}"
        case "enum":
            choices = [choice.strip("' ") for choice in re.split(r",| or ", str(context["expected"]))]
            return f"{source.at(place)}{shown} is none of {', '.join(choices)}{did_you_mean(given, choices)}"
        case "string_pattern_mismatch":
            return f"{source.at(place)}{shown} cannot be used; expected {_PATTERNS[context['pattern']]}"
        case "value_error":
            return f"{source.at(place)}{shown} cannot be used; {context['error']}"
    return f"{source.at(place)}{shown} cannot be used; {item['msg'][0].lower()}{item['msg'][1:]}"


_UNION_ARMS = frozenset({"own-labels", "shared-labels", "[key]"})


def _clean(place: tuple[int | str, ...]) -> Place:
    """The place without what pydantic adds to it for the arms of a union and the keys of a table."""
    return tuple(part for part in place if part not in _UNION_ARMS)


def _known_keys(model: type[BaseModel], place: Place) -> list[str]:
    inner: type[BaseModel] = model
    if len(place) > 1 and place[0] in ("fields", "columns"):
        inner = ThresholdsTable if "thresholds" in place[:-1] else FieldTable
    return [field.alias or name for name, field in inner.model_fields.items()]
