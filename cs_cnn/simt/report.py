"""What a launch did, from its log: accesses outside, races, missed barriers, memory traffic."""

from collections import Counter, defaultdict

import numpy as np

from cs_cnn.simt.memory import Access

WARP = 32  # threads that run in lockstep and whose accesses go to memory together
SECTOR = 32  # bytes: the smallest piece that a GPU fetches from memory
SHOWN = 3  # problems of each kind that are put in words


def report(launch):
    """Count what happened.

    Parameters
    ----------
    launch : cs_cnn.simt.emulator.Launch
        That has run.

    Returns
    -------
    dict
        "out_of_bounds", "races", "missed_barriers": how often; "problems": the first ones of each
        in words. "global_loads", "global_stores", "shared_loads", "shared_stores": numbers read
        and written. "requests": by whole warps, to global memory; "sectors": pieces of 32 bytes
        that these took. "most_stores", "most_shared_stores": by the busiest thread. "loads": for
        every argument that is an array, how often each of its numbers was read.
    """
    log = launch.log
    accesses = [Access(*row) for row in log.accesses]
    shared = {array.number for array in log.arrays if array.shared}
    races = find_races(accesses, shared)
    problems = [f"{launch.who(*who)} {words}" for who, words in log.outside[:SHOWN]]
    problems += [_race_in_words(launch, race) for race in races[:SHOWN]]
    problems += [_missed_in_words(launch, missed) for missed in launch.missed[:SHOWN]]
    kinds = Counter((a.array in shared, a.write) for a in accesses)
    stores = Counter((a.array in shared, a.block, a.thread) for a in accesses if a.write)
    requests, sectors = count_requests(accesses, log.arrays)
    return {
        "out_of_bounds": len(log.outside),
        "races": len(races),
        "missed_barriers": len(launch.missed),
        "problems": problems,
        "global_loads": kinds[False, False],
        "global_stores": kinds[False, True],
        "shared_loads": kinds[True, False],
        "shared_stores": kinds[True, True],
        "requests": requests,
        "sectors": sectors,
        "most_stores": max((n for who, n in stores.items() if not who[0]), default=0),
        "most_shared_stores": max((n for who, n in stores.items() if who[0]), default=0),
        "loads": {a.name: count_loads(accesses, a) for a in log.arrays if not a.shared},
    }


def find_races(accesses, shared):
    """Pairs of accesses to one place whose order nobody knows, at least one of them a write.

    Two threads of a block are in order if there is a barrier between their accesses. Threads of
    different blocks never are.

    Returns
    -------
    list of (Access, Access)
        One pair for each place.
    """
    written = {(a.array, a.place) for a in accesses if a.write}
    places = defaultdict(list)
    for a in accesses:
        if (a.array, a.place) in written:
            # A block's own array: between two barriers. Global memory: from beginning to end.
            places[a.array, a.place, a.epoch if a.array in shared else None].append(a)
    return [pair for group in places.values() if (pair := _clash(group))]


def _clash(group):
    """The first two accesses to a place that race, or None."""
    for k, b in enumerate(group):
        for a in group[:k]:
            other = (a.block, a.thread) != (b.block, b.thread)
            if other and (a.write or b.write) and (a.block != b.block or a.epoch == b.epoch):
                return a, b
    return None


def count_requests(accesses, arrays):
    """(requests, sectors): what the warps asked of global memory, and the pieces that it took.

    Accesses of a warp's threads count as one request if they are each thread's k-th since the last
    barrier.
    """
    requests = defaultdict(set)
    for a in accesses:
        if not arrays[a.array].shared:
            size = arrays[a.array].dtype.itemsize
            key = (a.block, a.thread // WARP, a.epoch, a.step, a.write, a.array)
            requests[key].add(a.place * size // SECTOR)
    return len(requests), sum(map(len, requests.values()))


def count_loads(accesses, array):
    """How often each number of an array was read: an array of ints in its shape."""
    places = [a.place for a in accesses if a.array == array.number and not a.write]
    counts = np.bincount(np.array(places, int), minlength=array.flat.size)
    return counts.reshape(array.shape)


def _race_in_words(launch, race):
    place = launch.log.arrays[race[0].array].name_of(race[0].place)
    who = [f"{launch.who(a.block, a.thread)} {'writes' if a.write else 'reads'}" for a in race]
    return f"race at {place}: {' and '.join(who)}, with no barrier between them"


def _missed_in_words(launch, missed):
    block, came, all_of_them, lines = missed
    where = f"block {tuple(launch.blocks[block])}: "
    if lines > 1:
        return f"{where}threads wait at {lines} different barriers"
    return f"{where}{came} of {all_of_them} threads came to a barrier, the others had ended"


def describe(report):
    """A report in a few lines."""
    if not report:
        return "run on the GPU, which counts nothing"
    lines = [
        f"global memory: {report['global_loads']:,} loads, {report['global_stores']:,} stores, in "
        f"{report['requests']:,} requests and {report['sectors']:,} sectors of {SECTOR} bytes",
        f"shared memory: {report['shared_loads']:,} loads, {report['shared_stores']:,} stores",
        f"accesses out of bounds: {report['out_of_bounds']}, races: {report['races']}, "
        f"missed barriers: {report['missed_barriers']}",
        *report["problems"],
    ]
    return "\n".join(lines)
