"""Playing from pixels after Mnih and others (2015): a network learns what each move is worth.

Nobody tells it which move is right. It plays, remembers, and learns from `q_targets`; a copy of the
network that is renewed now and then says what the next moves are worth, so that the goal holds
still for a while.
"""

from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result
from cs_cnn.gallery.bellman import q_targets
from cs_cnn.gallery.catch import SIZE, Catch, at_random, film, follow, foresee, play
from cs_cnn.gallery.train import device, predict, tensors

GAMES, MEMORY, BATCH, RENEWED = 32, 16_384, 128, 50


def network():
    """From two boards (n, 2, SIZE, SIZE) to the worth of the three moves (n, 3)."""
    return nn.Sequential(
        *(nn.Conv2d(2, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(32 * (SIZE // 2) ** 2, 64), nn.ReLU(), nn.Linear(64, 3)),
    )


def player(model):
    """The player who makes the move that a network thinks is worth most."""
    return lambda game: predict(model, game.seen()).argmax(axis=1)


def learn(steps, seed, q_targets=q_targets, lr=2e-3):
    """Play GAMES games for some steps; after each, learn from a batch of what is remembered.

    Parameters
    ----------
    steps, seed : int
    q_targets : callable
        Yours, or the one of `cs_cnn.gallery.bellman`.
    lr : float

    Returns
    -------
    torch.nn.Module
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = network().to(device())
    guess, adam = deepcopy(model), torch.optim.Adam(model.parameters(), lr)
    game, clever, memory = Catch(GAMES, rng), player(model), Memory()
    for step in range(steps):
        curious = rng.random(GAMES) < max(0.05, 1 - 2 * step / steps)  # less and less
        seen = game.seen()
        actions = np.where(curious, at_random(game), clever(game))
        memory.add(seen, actions, *game.step(actions))
        seen, actions, rewards, done, after = memory.draw(rng)
        goal = q_targets(rewards, done, predict(guess, after))
        seen, actions, goal = tensors(seen, actions, goal)
        value = F.smooth_l1_loss(model(seen).gather(1, actions[:, None])[:, 0], goal)
        adam.zero_grad()
        value.backward()
        adam.step()
        if step % RENEWED == 0:
            guess.load_state_dict(model.state_dict())
    return model


class Memory:
    """The last moves: what was seen, done and gained, whether it ended a game, what came of it."""

    def __init__(self):
        board = (MEMORY, 2, SIZE, SIZE)
        shapes = board, MEMORY, MEMORY, MEMORY, board
        kinds = np.float32, np.int64, np.float32, bool, np.float32
        self.columns = [np.zeros(s, kind) for s, kind in zip(shapes, kinds, strict=True)]
        self.count = 0

    def add(self, *moves):
        """Remember some moves, and forget the oldest where the memory is full."""
        places = (self.count + np.arange(len(moves[0]))) % MEMORY
        for column, values in zip(self.columns, moves, strict=True):
            column[places] = values
        self.count += len(places)

    def draw(self, rng):
        """BATCH moves, any of them."""
        chosen = rng.integers(0, min(self.count, MEMORY), BATCH)
        return [column[chosen] for column in self.columns]


def run(seed=0, steps=1500, q_targets=q_targets):
    """Learn to play catch, and compare the balls caught with those of scripted players.

    Parameters
    ----------
    seed, steps : int
    q_targets : callable
        Yours, or the one of `cs_cnn.gallery.bellman`.

    Returns
    -------
    Result
        Arrays: `film` and `film_follow`, one ball each; the shares `random` and `foresee` catch.
    """
    own = player(learn(steps, seed, q_targets))
    fresh = (seed, 1)
    return Result(
        "share of balls caught",
        play(own, fresh),
        play(follow, fresh),
        "stay under the ball",
        {
            "film": film(own, fresh),
            "film_follow": film(follow, fresh),
            "random": play(at_random, fresh),
            "foresee": play(foresee, fresh),
        },
    )
