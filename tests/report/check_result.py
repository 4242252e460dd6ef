#!/usr/bin/env python3
"""check_result.py FILE...: holds results that --json wrote to docs/result.schema.json."""

import functools
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/result.schema.json"


@functools.cache
def validator():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def breaches(result):
    """What of a result, as json.load() gives it, is not as the schema has it; else, as it cannot say."""
    fits = True
    for error in validator().iter_errors(result):
        fits = False
        yield f"/{'/'.join(map(str, error.absolute_path))}: {error.message}"
    if not fits:
        return
    if result["exit_code"] != result["verdict"]["code"]:
        yield "/exit_code: is not the verdict's"
    if result["health"] and len({len(column) for column in result["health"]["samples"].values()}) > 1:
        yield "/health/samples: columns differ in length"


def check_result(result):
    """Raises ValueError where `result` is not as docs/result.schema.json has it."""
    found = list(breaches(result))
    if found:
        raise ValueError("not a result of mnist-demo:\n" + "\n".join(found))


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def read_result(path):
    """The result in a file, checked."""
    with open(path, encoding="utf-8") as file:
        result = json.load(file, parse_constant=refuse)
    check_result(result)
    return result


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            read_result(name)
        except ValueError as error:
            sys.exit(f"{name}: {error}")
    print(f"{len(sys.argv) - 1} as the schema has them")
