"""Bellman's equation (1957): what a move is worth if the best moves follow it."""

import numpy as np


def q_targets(rewards, done, q_next, discount=0.9):
    """Give what each move was worth: Bellman's equation, with the network's own guess for later.

    The reward that came at once, and, unless the game was over, the value of the best next move,
    discounted.

    Parameters
    ----------
    rewards : array (N,)
    done : array (N,) of bool
        Whether the game was over after the move.
    q_next : array (N, A)
        What each of the A moves would be worth in the state that came next.
    discount : float
        What a reward is worth that comes one move later.

    Returns
    -------
    array (N,)
    """
    if q_next.ndim != 2 or not rewards.shape == done.shape == q_next.shape[:1]:
        raise ValueError(
            "q_targets: rewards and done must be (N,) and q_next (N, A), got "
            f"{rewards.shape}, {done.shape} and {q_next.shape}"
        )
    ### BEGIN SOLUTION
    later = q_next.max(axis=1)
    return rewards + discount * np.where(done, 0, later)
    ### END SOLUTION
