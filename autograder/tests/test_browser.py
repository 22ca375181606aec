"""The notebook in JupyterLab, in a real browser, as a student opens it."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.build import solved
from autograder.course import write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
QUIET = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
QUIET += ["no-sandbox", "disable-component-update", "disable-sync"]
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")


@pytest.fixture
def jupyterlab(tmp_path):
    """The address of a JupyterLab that serves an empty folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    overrides = tmp_path / "settings" / "overrides.json"
    overrides.parent.mkdir()
    overrides.write_text(json.dumps(SETTINGS))
    folder = tmp_path / "course"
    folder.mkdir()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", f"--notebook-dir={folder}", "--IdentityProvider.token="]
    command += [f"--LabApp.app_settings_dir={overrides.parent}"]
    command += [f"--LabApp.workspaces_dir={tmp_path / 'workspaces'}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status")
        yield f"http://127.0.0.1:{port}", folder
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address, seconds=60):
    """Wait until a server answers."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address, timeout=5)
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


@pytest.fixture
def page():
    """A browser's page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET]
        )
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


# One with widgets and the first one with pictures; `test_build` runs all of them without a browser.
@pytest.mark.parametrize("name", ["03_conv_arithmetic", "04_convolution"])
def test_all_cells_of_the_solved_notebook_run_in_jupyterlab(jupyterlab, page, name):
    address, folder = jupyterlab
    path = folder / f"{name}.ipynb"
    write(path, solved(name))
    open_and_run(page, f"{address}/lab/tree/{path.name}")
    cells = run_and_saved(page, path)
    errors = [o for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    assert errors == []
    page.locator(".cs-check.good").last.wait_for(timeout=30_000)
    assert page.locator(".cs-check.bad").count() == 0


PANEL = """
from cs_cnn.data import load_digits
from cs_cnn.panel import Panel
from cs_cnn.pattern import build_network
from cs_cnn.training import Trainer, standardise
line = "CONV-RELU-POOL-FC-RELU,SOFTMAX"
network = build_network(line, (1, 8, 8), 10, filters=4, hidden=16)
Panel(Trainer(network, standardise(load_digits()), lr=0.01, batch_size=20))
"""


def test_the_live_panel_is_steered_while_it_trains(jupyterlab, page):
    address, folder = jupyterlab
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    write(folder / "panel.ipynb", new_notebook(cells=[new_code_cell(PANEL)], metadata=metadata))
    open_and_run(page, f"{address}/lab/tree/panel.ipynb")
    panel = page.locator(".jp-OutputArea-output").last
    panel.get_by_role("button", name="start").click(timeout=60_000)
    pause = panel.get_by_role("button", name="pause")
    pause.wait_for()
    until(page, lambda: examples_seen(panel) > 500)
    learning_rate = panel.locator(".widget-slider").first
    drag(page, learning_rate.locator(".noUi-handle"), pixels=-60)
    until(page, lambda: float(learning_rate.locator(".widget-readout").inner_text()) < 0.005)
    still_running = examples_seen(panel)
    until(page, lambda: examples_seen(panel) > still_running)
    pause.click()
    go_on = panel.get_by_role("button", name="go on")
    go_on.wait_for()
    stopped = examples_seen(panel)
    panel.get_by_role("button", name="save").click()
    panel.get_by_text("saved to network.json").wait_for()
    assert json.loads((folder / "network.json").read_text())["layers"]
    panel.get_by_role("button", name="load").click()
    panel.get_by_text("loaded network.json").wait_for()
    assert examples_seen(panel) == stopped
    go_on.click()
    until(page, lambda: examples_seen(panel) > stopped)


def examples_seen(panel):
    """The number in a panel's table."""
    cell = panel.locator(".cs-numbers td", has_text="examples seen").locator("b")
    return int(cell.inner_text().replace(",", ""))


def drag(page, handle, pixels):
    """Pull a slider's handle to one side, step by step, as a hand does."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=10)
    page.mouse.up()


def until(page, true, seconds=60):
    """Wait for something to come true."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not come true"
        page.wait_for_timeout(100)


def open_and_run(page, address):
    """Open a notebook in JupyterLab and run all its cells, once its kernel listens."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells").first.click()


def run_and_saved(page, path, seconds=900):
    """Save until every code cell in the file has been run; give those cells."""
    give_up = time.monotonic() + seconds
    waiting = ["all"]
    while waiting and time.monotonic() < give_up:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(3000)
        try:
            cells = json.loads(path.read_text())["cells"]
        except json.JSONDecodeError:
            continue  # it is just being written
        code = [c for c in cells if c["cell_type"] == "code" and "".join(c["source"]).strip()]
        waiting = [cell["id"] for cell in code if not cell["execution_count"]]
    assert waiting == [], f"after {seconds} s these cells had not been run"
    return code
