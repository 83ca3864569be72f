"""Copies of lessons in a real browser: one is run, and its slider moves; one is written in.

Collected only where a Chromium is installed; `conftest.py` says so in the run's heading.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from conftest import CHROMIUM, ROOT
from course_utils.course import carry, copies, lessons

import nbformat
import pytest

TOKEN = "a-token-for-the-test"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A course of its own, in which the learner's copies were made."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "ROOT", folder)
        patch.setattr(lessons, "NOTEBOOKS", folder / "notebooks")
        patch.setattr(copies, "COPIES", folder / "my_notebooks")
        copies.refresh()
        yield folder


@pytest.fixture(scope="module")
def server(folder):
    """Start JupyterLab there, as `course.py lab` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "settings"
    quiet = {"checkForUpdates": False, "fetchNews": "false", "doNotDisturbMode": True}
    extension = settings / "@jupyterlab" / "apputils-extension"
    extension.mkdir(parents=True)
    (extension / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    log = (folder / "lab.log").open("w")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
            *(f"--port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
            "--LabApp.expose_app_in_browser=True",
        ],
        env=os.environ
        | {
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "JUPYTER_PREFER_ENV_PATH": "1",
        },
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "lab.log").read_text()
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@contextlib.contextmanager
def opened(server, lesson):
    """Open the learner's copy of a lesson in a browser; its kernel is ready."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(f"{server}/lab/tree/my_notebooks/{lesson}.ipynb?token={TOKEN}")
        page.get_by_text(re.compile(r"\| Idle$")).first.wait_for()
        yield page
        browser.close()


def test_lesson_00_runs_and_its_slider_moves_the_picture(server):
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)  # a wait ends as soon as what it waits for is there
    with opened(server, "00_start_here") as page:
        notebook = page.locator(".jp-NotebookPanel:visible")
        expect(notebook.locator(".jp-OutputArea-output")).to_have_count(0)  # nothing given away

        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        # JupyterLab draws only the cells near the view: go to the slider's cell and stay there
        slider_cell = notebook.locator(".jp-Cell", has_text="threshold_slider").first
        slider_cell.scroll_into_view_if_needed()
        picture = slider_cell.locator("img.widget-image, .jupyter-widgets img").first
        picture.wait_for(timeout=120_000)
        page.wait_for_function(
            "() => !document.querySelector('.jp-NotebookPanel .jp-InputPrompt')"
            "?.innerText.includes('*')"
        )
        before = picture.get_attribute("src")
        handle = slider_cell.locator(".noUi-handle").first
        handle.focus()
        for _ in range(8):
            handle.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
        assert not page.get_by_text(re.compile("Traceback|Error displaying widget")).count()

        # commit to a prediction: the answer appears
        asked = notebook.locator(".jp-Cell", has_text="A detector that never raises").first
        asked.scroll_into_view_if_needed()
        asked.get_by_role("button", name="1", exact=True).click()
        expect(asked.get_by_text("No, it is 3.")).to_be_visible()
        if folder := os.environ.get("COURSE_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/lesson-00.png")


WRITE = """async () => {
    const all = [...jupyterapp.shell.widgets('main')];
    const {content, context, id} = all.find(each => each.context?.path.includes('/04_'));
    jupyterapp.shell.activateById(id);
    await context.ready;
    const place = content.widgets.findIndex(cell => cell.model.id === 'exercise-neuron-gradient');
    const stub = content.widgets[place].model.sharedModel;
    stub.setSource(stub.getSource().replace('    ...', '    return "mine"'));
    content.activeCellIndex = place;
    await jupyterapp.commands.execute('notebook:insert-cell-below');
    content.activeCell.model.sharedModel.setSource('# my own cell');
    await context.save();
}"""


def test_what_was_written_in_the_browser_comes_into_the_next_version(server, folder):
    with opened(server, "04_backpropagation") as page:
        page.wait_for_function("() => jupyterapp.shell.currentPath?.includes('/04_')")
        page.evaluate(WRITE)
    path = folder / "notebooks" / "04_backpropagation.ipynb"
    stored = lessons.read(path)
    stored.cells[0].source = "# 04 · Another title"
    nbformat.write(stored, path)
    (line,) = copies.refresh()
    assert "Carried: 1 answer (neuron_gradient); 1 cell of your own. All of it is in" in line
    cells = carry.read(copies.COPIES / path.name).cells
    assert cells[0].source == "# 04 · Another title"
    place = [each.id for each in cells].index("exercise-neuron-gradient")
    assert 'return "mine"' in cells[place].source
    assert cells[place + 1].source == "# my own cell"
    assert copies.refresh() == []
