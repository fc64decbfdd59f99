#!/usr/bin/env python3
"""Writes docs/openapi.yaml as JSON, which is what /openapi.json serves. Aliases are written out."""
import argparse
import json
import pathlib
import sys

try:
    import yaml
except ImportError:
    sys.exit("openapi_json: this Python has no YAML reader. On Debian: apt-get install python3-yaml.")


class Loader(yaml.SafeLoader):
    """Two members of one name are a slip of the pen, not a choice."""


def mapping(loader, node):
    names = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key, name in zip(node.value, names):
        if names.count(name) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"'{name}' is there twice", key[0].start_mark)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    try:
        document = yaml.load(options.document.read_text(encoding="utf-8"), Loader)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    except (OSError, yaml.YAMLError, TypeError) as error:
        sys.exit(f"openapi_json: {options.document}: {error}")
    options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
