"""The live panel: training goes on in a thread of its own while you look, drag and press."""

from html import escape
from pathlib import Path
from threading import Event, Thread, current_thread
from time import monotonic, sleep

import numpy as np
from ipywidgets import (
    HTML,
    Button,
    Checkbox,
    Dropdown,
    FloatLogSlider,
    FloatSlider,
    HBox,
    IntSlider,
    Text,
    VBox,
)

from cs_cnn.panel.page import Page
from cs_cnn.training import METHODS

SECONDS = 0.7  # between two pictures
BREATH = 1e-4  # after every step: whoever waits for the lock gets it
WIDE = {"description_width": "95px"}


class Panel(VBox):
    """Watch a training and steer it while it runs.

    Everything that a button does is a method as well: `start`, `pause`, `save`, `load`, `refresh`.
    Where widgets don't run, it shows itself as the page of this moment. A new panel pauses the one
    before it, so that a cell that is run again leaves no training behind.

    Parameters
    ----------
    trainer : Trainer
    validate : int
        How many test images to try for the validation accuracy, before every picture.
    seed : int
        For the drawing of test images.
    """

    _newest = None

    def __init__(self, trainer, validate=200, seed=0):
        self.trainer, self.validate = trainer, validate
        self.rng, self._stop, self._thread = np.random.default_rng(seed), Event(), None
        self._stop.set()
        self.controls = _controls(trainer.settings, len(trainer.data.x_train))
        self.button = Button(description="start", button_style="primary", icon="play")
        self.path = Text("network.json", description="snapshot", style=WIDE)
        save, load = Button(description="save"), Button(description="load")
        self.status, self.view = HTML(layout={"min_height": "28px"}), HTML()
        settings = list(self.controls.values())
        super().__init__(
            [
                HBox([self.button, self.path, save, load]),
                HBox([VBox(settings[:4]), VBox(settings[4:])]),
                self.status,
                self.view,
            ]
        )
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self._change(name, change["new"]), "value")
        self.button.on_click(lambda _: self.start() if self._stop.is_set() else self.pause())
        save.on_click(lambda _: self.save())
        load.on_click(lambda _: self.load())
        self.refresh()
        if Panel._newest is not None:
            Panel._newest.pause()
        Panel._newest = self

    @property
    def running(self):
        """Whether the training goes on."""
        return not self._stop.is_set()

    def start(self, steps=None):
        """Train in a thread of its own until `pause`, or for so many steps."""
        if self.running:
            return
        self.wait()
        self._stop.clear()
        self._show_button()
        self._thread = Thread(target=self._run, args=(steps,), name="training", daemon=True)
        self._thread.start()

    def pause(self):
        """Stop after the step that is being taken; `start` goes on from there."""
        self._stop.set()
        self.wait()
        self._show_button()
        self.refresh()

    def wait(self):
        """Until the thread has ended."""
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join()

    def save(self):
        """Write the network as JSON to the path."""
        try:
            with self.trainer.lock:
                text = self.trainer.network.to_json()
            Path(self.path.value).write_text(text)
            self._say(f"saved to {self.path.value}, {len(text) / 1000:,.0f} kB")
        except OSError as error:
            self._say(f"could not save: {error}")

    def load(self):
        """Go on with the network at the path."""
        try:
            self.trainer.load(Path(self.path.value).read_text())
            self._say(f"loaded {self.path.value}")
            self.refresh()
        except (OSError, ValueError) as error:
            self._say(f"could not load, so nothing has changed: {error}")

    def refresh(self):
        """Draw the page of this moment."""
        self.view.value = Page(self.trainer, self.rng).html

    def _run(self, steps):
        """What the thread does."""
        taken, drawn = 0, -SECONDS
        try:
            while not self._stop.is_set() and (steps is None or taken < steps):
                self.trainer.step()
                sleep(BREATH)
                taken += 1
                if monotonic() - drawn > SECONDS:
                    self._draw()
                    drawn = monotonic()
            self._draw()
        except Exception as error:  # a thread's exception would be seen by nobody
            self._say(f"{type(error).__name__}: {error}")
        finally:
            self._stop.set()
            self._show_button()

    def _draw(self):
        self.trainer.validate(self.validate)
        self.refresh()

    def _change(self, name, value):
        try:
            self.trainer.change(**{name: value})
            self._say("")
        except ValueError as error:
            self._say(str(error))

    def _say(self, words):
        self.status.value = escape(words)

    def _show_button(self):
        self.button.description = "pause" if self.running else "go on"
        self.button.icon = "pause" if self.running else "play"

    def _repr_mimebundle_(self, **kwargs):
        bundle, page = super()._repr_mimebundle_(**kwargs), Page(self.trainer)
        return bundle | {"text/plain": repr(page), "text/html": page.html}


def _controls(settings, images):
    """One control per setting, in the order of `Trainer.change`."""
    most = min(512, images)
    return {
        "lr": _of(FloatLogSlider, "learning rate", settings["lr"], base=10, min=-5, max=1),
        "momentum": _of(FloatSlider, "momentum", settings["momentum"], min=0, max=0.99, step=0.01),
        "batch_size": _of(IntSlider, "batch size", settings["batch_size"], min=1, max=most),
        "weight_decay": _of(
            FloatLogSlider, "weight decay", settings["weight_decay"] or 1e-7, base=10, min=-7, max=0
        ),
        "method": _of(Dropdown, "method", settings["method"], options=list(METHODS)),
        "shift": _of(IntSlider, "shift up to", settings["shift"], min=0, max=2),
        "flip": _of(Checkbox, "flip", settings["flip"]),
    }


def _of(control, description, value, **options):
    return control(value=value, description=description, style=WIDE, **options)
