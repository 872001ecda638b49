"""The JSON schemas that may be asked for, and the form of them that a model is held to."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from errors import InvalidFieldError

MAX_CHARS = 20_000
MAX_DEPTH = 6
_TYPES = ("object", "array", "string", "number", "integer", "boolean")
_UNWANTED = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "pattern")


def check_schema(text: str) -> str:
    """The schema as compact JSON. Raises InvalidFieldError saying what is wrong.

    A schema is an object with ``properties``, nested up to six deep, of objects, arrays, strings (also ``enum``),
    numbers, integers and booleans.
    """
    if len(text) > MAX_CHARS:
        raise _wrong(f"is longer than {MAX_CHARS} characters")
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("is not JSON") from None
    if not isinstance(schema, dict) or schema.get("type") != "object" or not schema.get("properties"):
        raise _wrong('must be a JSON schema of type "object" with "properties"')
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError):
        raise _wrong("is not a valid JSON schema") from None
    _check_node(schema, "schema", 1)
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _wrong(what: str) -> InvalidFieldError:
    return InvalidFieldError(f"Field 'schema' {what}.", details={"field": "schema"})


def _check_node(node: object, name: str, depth: int) -> None:
    if not isinstance(node, Mapping):
        raise _wrong(f"has a member '{name}' that is no schema")
    if depth > MAX_DEPTH:
        raise _wrong(f"is nested deeper than {MAX_DEPTH}")
    found = next((word for word in _UNWANTED if word in node), None)
    if found:
        raise _wrong(f"uses '{found}' in '{name}', which is not supported")
    if _type_of(node) not in _TYPES:
        raise _wrong(f"gives '{name}' no type that is supported ({', '.join(_TYPES)})")
    for child_name, child in _children(node):
        _check_node(child, child_name, depth + 1)


def _type_of(node: Mapping[str, Any]) -> str:
    """The type; of several the first that is not null; ``string`` for a bare enum."""
    kind = node.get("type", "string" if "enum" in node else "")
    kinds = kind if isinstance(kind, list) else [kind]
    return next((str(one) for one in kinds if one != "null"), "")


def _children(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    match _type_of(node):
        case "object":
            yield from node.get("properties", {}).items()
        case "array":
            yield "items", node.get("items")


def to_answer_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that the model's answer must have: every member is there, and any value may be null.

    A model that must give a value invents one.
    """
    kind = _type_of(schema)
    said = {"description": schema["description"]} if isinstance(schema.get("description"), str) else {}
    if kind == "object":
        members = {name: to_answer_schema(child) for name, child in schema.get("properties", {}).items()}
        return said | {
            "type": "object",
            "properties": members,
            "required": list(members),
            "additionalProperties": False,
        }
    if kind == "array":
        return said | {"type": "array", "items": to_answer_schema(schema["items"])}
    if "enum" in schema:
        return said | {"enum": [*dict.fromkeys([*schema["enum"], None])]}
    return said | {"type": [kind, "null"]}
