"""The notebook in JupyterLab, in a real browser, as a student opens it."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

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


def test_all_cells_of_the_solved_notebook_run_in_jupyterlab(jupyterlab, page, name):
    address, folder = jupyterlab
    path = folder / f"{name}.ipynb"
    write(path, solved(name))
    page.goto(f"{address}/lab/tree/{path.name}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel)").first.wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells").first.click()
    cells = run_and_saved(page, path)
    errors = [o for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    assert errors == []
    page.locator(".cs-check.good").last.wait_for(timeout=30_000)
    assert page.locator(".cs-check.bad").count() == 0


def run_and_saved(page, path, seconds=240):
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
