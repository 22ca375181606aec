"""The registry of the data sets, read from datasets/registry.json."""

import json
from pathlib import Path

REGISTRY = json.loads((Path(__file__).parents[2] / "datasets/registry.json").read_text("utf-8"))


def entry(name):
    """The registry's entry for a data set; `ValueError` if there is no such set."""
    if name not in REGISTRY:
        raise ValueError(f"there is no data set {name!r}; the data sets are {', '.join(REGISTRY)}")
    return REGISTRY[name]


def describe(name):
    """What a data set is, in a few lines of text: content, classes, licence, citation, source."""
    about = entry(name)
    lines = [f"{about['title']}: {about['about']}"]
    for key in ("classes", "licence", "citation", "homepage", "archive"):
        if key in about:
            value = about[key] if isinstance(about[key], str) else ", ".join(about[key])
            lines.append(f"{key.capitalize()}: {value}")
    lines += [f"File: {file['url']} ({file['bytes']:,} bytes)" for file in about["files"]]
    return "\n".join(lines)
