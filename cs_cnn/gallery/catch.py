"""The game of catch, many at once: a ball falls and bounces off the walls, a paddle waits below.

The ball may fly sideways twice as fast as the paddle runs, so that running after it is too late.
Letters: `n` games, each on a board of SIZE x SIZE pixels.
"""

import numpy as np

SIZE, REACH = 12, 1  # the paddle covers REACH pixels on both sides of its middle
LEFT, STAY, RIGHT = 0, 1, 2


class Catch:
    """n games at the same time, each with ball after ball.

    Parameters
    ----------
    n : int
    rng : numpy Generator
        Where the balls start, and how they fly.
    """

    def __init__(self, n, rng):
        self.rng, self.ball, self.paddle = rng, np.zeros((n, 3), int), rng.integers(1, SIZE - 1, n)
        self.serve(np.full(n, True))
        self.ball[:, 0] = rng.integers(0, SIZE - 1, n)
        self.before = self.board()

    def serve(self, games):
        """Let a new ball start at the top of some games; a ball is (row, column, columns a row)."""
        count = games.sum()
        columns, speeds = self.rng.integers(0, SIZE, count), self.rng.choice((-2, -1, 1, 2), count)
        self.ball[games] = np.stack([np.zeros(count, int), columns, speeds], axis=1)

    def board(self):
        """The pixels (n, SIZE, SIZE): 1 for the ball and for the paddle."""
        pixels, games = (
            np.zeros((len(self.ball), SIZE, SIZE), np.float32),
            np.arange(len(self.ball)),
        )
        for offset in range(-REACH, REACH + 1):
            pixels[games, -1, self.paddle + offset] = 1
        pixels[games, self.ball[:, 0], self.ball[:, 1]] = 1
        return pixels

    def seen(self):
        """What a player sees (n, 2, SIZE, SIZE): the board before the last move, and now."""
        return np.stack([self.before, self.board()], axis=1)

    def step(self, actions):
        """Move every paddle by actions (n,), LEFT, STAY or RIGHT, and every ball by one row.

        Returns
        -------
        rewards : array (n,)
            1 for a ball caught, -1 for one lost, 0 while it falls.
        done : array (n,) of bool
            Whether a ball came down.
        seen : array (n, 2, SIZE, SIZE)
            What the move led to, before the next ball starts.
        """
        self.before = self.board()
        self.paddle = np.clip(self.paddle + actions - 1, REACH, SIZE - 1 - REACH)
        row, column, speed = self.ball.T
        inside = (column + speed >= 0) & (column + speed < SIZE)
        self.ball = np.stack([row + 1, bounced(column + speed), np.where(inside, speed, -speed)], 1)
        done = self.ball[:, 0] == SIZE - 1
        caught = np.abs(self.ball[:, 1] - self.paddle) <= REACH
        rewards, seen = np.where(done, np.where(caught, 1.0, -1.0), 0.0), self.seen()
        self.serve(done)
        self.before[done] = self.board()[done]
        return rewards.astype(np.float32), done, seen


def bounced(columns):
    """Columns after the walls have sent them back, however often."""
    columns = np.mod(columns, 2 * (SIZE - 1))
    return np.minimum(columns, 2 * (SIZE - 1) - columns)


def at_random(game):
    """The player who doesn't look."""
    return game.rng.integers(0, 3, len(game.paddle))


def follow(game):
    """The player whom anyone would write first: stay under the ball."""
    return STAY + np.sign(game.ball[:, 1] - game.paddle)


def foresee(game):
    """The player who knows the rules: run to where the ball will land."""
    row, column, speed = game.ball.T
    return STAY + np.sign(bounced(column + speed * (SIZE - 1 - row)) - game.paddle)


def play(player, seed, n=100, balls=10):
    """Let a player play and give the share of balls that it catches.

    Parameters
    ----------
    player : callable (Catch) -> array (n,) of actions
    seed : int or sequence of int
        The same seed gives every player the same first balls.
    n, balls : int
        Games, and balls in each.
    """
    game, caught, down = Catch(n, np.random.default_rng(seed)), 0, 0
    for _ in range(balls * SIZE):
        rewards, done, _ = game.step(player(game))
        caught, down = caught + (rewards > 0).sum(), down + done.sum()
    return caught / down


def film(player, seed, steps=SIZE - 1):
    """The boards (steps, SIZE, SIZE) of one game, from its first ball on."""
    game, boards = Catch(1, np.random.default_rng(seed)), []
    game.serve(np.full(1, True))
    for _ in range(steps):
        boards.append(game.board()[0])
        game.step(player(game))
    return np.stack(boards)
