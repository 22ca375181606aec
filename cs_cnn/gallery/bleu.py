"""BLEU (Papineni and others 2002): how much a sentence agrees with what people would have said."""

from collections import Counter

import numpy as np


def bleu(candidates, references, order=4):
    """Give the BLEU score of some sentences, each against several references.

    For n from 1 to `order`, the precision is the share of all the candidates' n-grams (n words in a
    row) that occur in a reference; an n-gram counts at most as often as in the one reference of its
    sentence that has it most often. Counts are added up over all sentences before dividing. The
    score is the geometric mean of these precisions, times the brevity penalty exp(1 - r / c) if
    r > c: c is the number of words of all candidates, r that of the references, one for each
    candidate: the one closest in length, of two as close the shorter.

    Parameters
    ----------
    candidates : list of list of str
        Sentences as words.
    references : list of list of list of str
        For each candidate some right sentences.
    order : int

    Returns
    -------
    float
        From 0 to 1; 0 if a precision is 0.

    Raises
    ------
    ValueError
        If there is not a list of references for each candidate.
    """
    if len(candidates) != len(references) or not all(references):
        raise ValueError(
            f"bleu: {len(candidates)} candidates need as many lists of references, none of them "
            f"empty; got {len(references)}"
        )

    def ngrams(words, n):
        """How often each run of n words occurs: a Counter of tuples."""
        return Counter(zip(*(words[k:] for k in range(n)), strict=False))

    pairs = list(zip(candidates, references, strict=True))
    ### BEGIN SOLUTION
    logs = 0.0
    for n in range(1, order + 1):
        right = possible = 0
        for words, known in pairs:
            most = Counter()
            for reference in known:
                most |= ngrams(reference, n)
            own = ngrams(words, n)
            right += (own & most).total()
            possible += own.total()
        if right == 0:
            return 0.0
        logs += np.log(right / possible) / order
    c = sum(len(words) for words in candidates)
    r = 0
    for words, known in pairs:
        r += min(map(len, known), key=lambda size: (abs(size - len(words)), size))
    return float(np.exp(logs + min(0, 1 - r / c)))
    ### END SOLUTION
