"""The project itself: the ways to install it agree, and its files keep to what they promise."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"pytorch": "torch"}
TORCH = [
    f"cs_cnn/{f}" for f in ("checks/", "gallery/", "pretrained.py", "tests/", "transfer", "zoo/")
]


def test_conda_asks_for_what_pip_asks_for():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = conda[-1]["pip"]
    wanted = {str(Requirement(line)) for line in PROJECT["dependencies"]}
    packages = [Requirement(line) for line in conda[:-1] if line not in ("pip",)]
    found = set()
    for package in packages:
        package.name = CONDA_NAMES.get(package.name, package.name)
        found.add(str(package))
    assert found - {f"python{PROJECT['requires-python']}"} == wanted
    assert pip[-1] == "-e ."
    gpu = PROJECT["optional-dependencies"]["gpu"]
    assert [str(Requirement(line)) for line in pip[:-1]] == [str(Requirement(g)) for g in gpu]


def test_every_dependency_has_a_tested_version():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    tested = {Requirement(line).name.lower() for line in lines if not line.startswith("#")}
    extras = PROJECT["optional-dependencies"]["test"]
    assert {Requirement(r).name.lower() for r in PROJECT["dependencies"] + extras} <= tested


def test_no_file_is_huge_and_none_names_a_package_registry():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    registry = re.compile(r"https?://[\w.]*(pypi|pythonhosted|anaconda)\.\w+")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if not path.exists() or path.suffix in (".png", ".pth"):
            continue
        assert path.stat().st_size < 2**20, name
        assert not registry.search(path.read_text(encoding="utf-8")), name


def test_the_readme_names_commands_and_notebooks_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"make (\w+)", readme)
    makefile = (ROOT / "Makefile").read_text()
    assert {"demo", "test", "lab"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    links = re.findall(r"\]\(([^)#]+)\)", readme)
    local = [link for link in links if not link.startswith("http")]
    assert local and all((ROOT / link).exists() for link in local), local


def imported(path):
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("autograder", []),
        ("torch", TORCH),
        ("matplotlib", ["cs_cnn/plots/", "cs_cnn/tests/"]),
    ],
)
def test_imports_go_one_way(package, allowed):
    for path in sorted(ROOT.glob("cs_cnn/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(tuple(allowed)):
            names = imported(path)
            assert not any(n == package or n.startswith(f"{package}.") for n in names), name


def test_importing_the_library_is_light():
    code = "import sys, cs_cnn; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "matplotlib", "sklearn", "skimage", "pooch", "nbgrader"}
    assert not heavy & set(shown.stdout.split())
