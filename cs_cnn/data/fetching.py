"""Where the files of a data set are, and how they are downloaded."""

import os
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from .catalogue import REGISTRY, entry
from .integrity import Damage, DataError, check, explained

TIMEOUT = (10, 30)  # seconds: to connect, and without a single byte
OFFLINE = "Without a network, load_digits() and load_colours() work: they download nothing."


def root(directory=None):
    """Where downloaded files lie: the directory, or CS_CNN_DATA, or a cache of your own."""
    import pooch

    return Path(directory or os.environ.get("CS_CNN_DATA") or pooch.os_cache("cs_cnn")).expanduser()


def _find(name, file, directory):
    """Where a file is, or None, and where a download of it goes."""
    base = root(directory)
    folder = base.parent if base.is_file() else base
    target = folder / name / file["name"]
    places = [folder / file["name"], target]
    if base.is_file() and len(entry(name)["files"]) == 1:
        places.insert(0, base)
    for path in places:
        if path.is_file():
            return path, path
    if "members" in file:
        extracted = file["members"][0]["name"].split("/")[0]
        places = [folder, folder / extracted, folder / name / extracted]
        for path in places:
            if path.name == extracted and path.is_dir():
                return path, target
    return None, target


def unpacked(name, directory=None):
    """The folder of a set of photographs that its user has unpacked.

    Its name begins with that of the set.

    Raises
    ------
    DataError
        If it is not there; says how to get it.
    """
    base = root(directory)
    folder = base.parent if base.is_file() else base
    for place in sorted(folder.glob(f"{name}*")):
        if (place / "train").is_dir():
            return place
    raise DataError(
        f"{name}: not here. Unpack {entry(name)['archive']} so that {folder / name / 'train'} is a "
        "folder of it, or name the directory that holds it in CS_CNN_DATA"
    )


def download(what, url, target, verify, size=None, mirror=None, otherwise=OFFLINE):
    """Download to a temporary directory beside `target`, verify, then rename: all or nothing.

    Parameters
    ----------
    what : str
        The name of it in errors.
    url : str
    target : Path
        Where it goes; its folder is made.
    verify : callable
        ``verify(path)`` raises `Damage` if the file is not the official one.
    size : int, optional
        Bytes, for the progress bar; by default it waits for what the host says.
    mirror : str, optional
        A base URL instead of the official one, as in `fetch`.
    otherwise : str
        What an error tells a reader who has no network.

    Raises
    ------
    DataError
    """
    import pooch
    import requests
    from tqdm.auto import tqdm

    mirror = mirror or os.environ.get("CS_CNN_MIRROR")
    url = f"{mirror.rstrip('/')}/{target.name}" if mirror else url
    headers = {"Accept-Encoding": "identity"}  # a .gz must arrive as it is
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as folder,
            tqdm(total=size or 1, unit="B", unit_scale=True, file=sys.stdout) as bar,
        ):
            bar.set_description(target.name)
            part = Path(folder) / target.name
            get = pooch.HTTPDownloader(bar, chunk_size=2**16, timeout=TIMEOUT, headers=headers)
            get(url, part, None)
            verify(part)
            part.replace(target)
    except requests.RequestException as error:
        raise DataError(
            f"{what}: {url} could not be downloaded ({error}). Nothing of it was kept. {otherwise}"
        ) from None
    except Damage as damage:
        raise DataError(
            f"{what}: {url} did not send the official file: {damage}. Nothing of it was kept. "
            f"Try again later, or give another address in CS_CNN_MIRROR. {otherwise}"
        ) from None
    except OSError as error:
        room = f" with room for {size:,} bytes" if size else ""
        raise DataError(
            f"{what}: {target} cannot be written ({error}). "
            f"Give a directory{room} in CS_CNN_DATA. {otherwise}"
        ) from None


def locate(name, file, directory=None, mirror=None, force=False):
    """The path of a file, downloaded if it is not there (or by force); not checked if it is."""
    path, target = _find(name, file, directory)
    if path and not force:
        return path
    download(name, file["url"], target, lambda part: check(part, file), file["bytes"], mirror)
    return target


def fetch(name, force=False, directory=None, mirror=None):
    """Make sure that all files of a data set are here and whole.

    Parameters
    ----------
    name : str
        "cifar10", "mnist", "digits", "colours" or "hymenoptera"; "digits" and "colours" have no
        files, and the photographs of "hymenoptera" you unpack yourself.
    force : bool
        Download even what is here. The old file stays until the new one is whole.
    directory : path, optional
        Where the files are or go: a directory, or an archive itself. Default: the environment
        variable CS_CNN_DATA, or else a cache of your own (`pooch.os_cache("cs_cnn")`).
    mirror : str, optional
        A base URL to download from, file names appended. Default: the environment variable
        CS_CNN_MIRROR, or else the official addresses.

    Returns
    -------
    list of Path

    Raises
    ------
    DataError
        If a file is damaged, or can't be downloaded or written.
    """
    paths = [unpacked(name, directory)] if "archive" in entry(name) else []
    for file in entry(name)["files"]:
        path = locate(name, file, directory, mirror, force)
        with explained(name, path):
            check(path, file)
        paths.append(path)
    return paths


@dataclass(frozen=True)
class SetStatus:
    """One data set's state: "built in", "ready", "missing" or "damaged"; `bytes` lie on disk."""

    name: str
    state: str
    path: Path | None
    bytes: int
    detail: str


def _size(path):
    return sum(f.stat().st_size for f in ([path] if path.is_file() else path.iterdir()))


def _set_status(name, directory):
    files = entry(name)["files"]
    if "archive" in entry(name):
        return _unpacked_status(name, directory)
    if not files:
        return SetStatus(name, "built in", None, 0, "needs no download")
    here = [(path, file) for file in files if (path := _find(name, file, directory)[0])]
    where = None if not here else here[0][0] if len(files) == 1 else here[0][0].parent
    size = sum(_size(path) for path, _ in here)
    if len(here) < len(files):
        detail = f"{len(here)} of {len(files)} files are here: cs-cnn data fetch {name}"
        return SetStatus(name, "missing", where, size, detail)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        try:
            for path, file in here:
                with explained(name, path):
                    check(path, file)
        except DataError as error:
            return SetStatus(name, "damaged", where, size, str(error))
    return SetStatus(name, "ready", where, size, " ".join(str(note.message) for note in notes))


def _unpacked_status(name, directory):
    try:
        place = unpacked(name, directory)
    except DataError as error:
        return SetStatus(name, "missing", None, 0, str(error))
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return SetStatus(name, "ready", place, size, "")


def status(directory=None):
    """The state of every data set, checksums included; downloads nothing.

    Parameters
    ----------
    directory : path, optional
        As in `fetch`.

    Returns
    -------
    list of SetStatus
    """
    return [_set_status(name, directory) for name in REGISTRY]
