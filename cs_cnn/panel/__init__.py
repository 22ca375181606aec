"""A training to watch and to steer: as a live panel, and as a plain page that a script can make.

Panel(trainer)                                                       # widgets
trainer.run(200).change(lr=0.003); trainer.run(200); Page(trainer)   # without them
"""

from cs_cnn.panel.live import Panel
from cs_cnn.panel.page import Page, statistics

__all__ = ["Page", "Panel", "statistics"]
