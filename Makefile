# Each target sets up what it needs first, in .venv; nothing else is touched.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: lab demo test lint build bench clean
.DEFAULT_GOAL := help

help:
	@echo "make lab     JupyterLab on the student's notebooks"
	@echo "make demo    build an assignment, grade a small class, write feedback"
	@echo "make test    all tests"
	@echo "make bench   time the fast layers beside PyTorch (run it on an idle machine)"
	@echo "make build   rebuild notebooks/ from autograder/source/"
	@echo "make lint    check the style of the code"
	@echo "make clean   remove .venv and what the other targets wrote"

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.11')"
	$(PYTHON) -m venv .venv
	@echo "Installing into .venv (a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@

lab: .venv/ready
	$(BIN)/cs-cnn lab

demo: .venv/ready
	rm -rf demo
	$(BIN)/cs-cnn demo

test: .venv/ready lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

build: .venv/ready
	$(BIN)/cs-cnn build

bench: .venv/ready
	$(BIN)/cs-cnn bench

clean:
	rm -rf .venv demo course *.egg-info
