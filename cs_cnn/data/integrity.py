"""Whether a file is whole: sizes and checksums, of the file itself or of an archive's members."""

import hashlib
import io
import os
import tarfile
import warnings
import zlib
from contextlib import contextmanager
from pathlib import Path


class DataError(RuntimeError):
    """A data set is missing or damaged, or could not be downloaded; the message says what to do."""


class RepackedArchiveWarning(UserWarning):
    """An archive is not the official one, but every file in it is."""


class Damage(Exception):
    """What is wrong with a file, in words; `explained` turns it into a `DataError`."""


@contextmanager
def explained(name, path):
    """Turn `Damage` into a `DataError` that names the file and how to mend it."""
    try:
        yield
    except Damage as damage:
        raise DataError(
            f"{name}: {path} is damaged: {damage}. Get it again with\n"
            f"    cs-cnn data fetch {name} --force\n"
            f"or, with a directory= of your own, fetch({name!r}, force=True, directory=...)."
        ) from None


def _fault(stream, expected):
    """How a seekable stream differs from the official file; empty if it does not."""
    faults = []
    size = stream.seek(0, os.SEEK_END)
    if size != expected["bytes"]:
        faults.append(f"it has {size:,} bytes where {expected['bytes']:,} are expected")
    for algorithm in ("sha256", "md5"):
        stream.seek(0)
        digest = hashlib.file_digest(
            stream, lambda name=algorithm: hashlib.new(name, usedforsecurity=False)
        ).hexdigest()
        if digest != expected[algorithm]:
            faults.append(f"its {algorithm} is {digest} where {expected[algorithm]} is expected")
    return ", ".join(faults)


def _file_fault(path, file):
    if path.is_dir():
        return ""
    try:
        with path.open("rb") as stream:
            return _fault(stream, file)
    except OSError as error:
        raise Damage(f"it cannot be read ({error})") from error


def _raw_members(path, wanted):
    """(name, bytes) of each wanted member, from a tar archive or from the directory it became.

    At most one byte more than expected is read, and nothing is written to disk.
    """
    if path.is_dir():
        for name in wanted:
            member = path / Path(name).name
            if member.is_file():
                with member.open("rb") as stream:
                    yield name, stream.read(wanted[name]["bytes"] + 1)
        return
    with tarfile.open(path) as tar:
        for info in tar:
            name = info.name.removeprefix("./")
            if info.isfile() and name in wanted:
                yield name, tar.extractfile(info).read(wanted[name]["bytes"] + 1)


def _checked_members(path, file):
    wanted = {member["name"]: member for member in file["members"]}
    missing = set(wanted)
    try:
        for name, data in _raw_members(path, wanted):
            if fault := _fault(io.BytesIO(data), wanted[name]):
                raise Damage(f"{name} in it is not the official one: {fault}")
            if name in missing:
                missing.remove(name)
                yield Path(name).name, data
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise Damage(f"it cannot be read to its end ({error})") from error
    if missing:
        raise Damage(f"{', '.join(sorted(missing))} is missing from it")


def members(path, file):
    """Read an archive's members, each handed out only after its checksums are found official.

    Parameters
    ----------
    path : Path
        The archive, or the directory that it was extracted to.
    file : dict
        Its entry in the registry, with "members".

    Yields
    ------
    (str, bytes)
        A member's name without its folder, and its content.

    Raises
    ------
    Damage
        If a member is missing or not official, or the archive can't be read.

    Warns
    -----
    RepackedArchiveWarning
        At the end, if the archive's own checksum is not official though all its members are.
    """
    fault = _file_fault(path, file)
    try:
        yield from _checked_members(path, file)
    except Damage as damage:
        raise Damage(", ".join(filter(None, [fault, str(damage)]))) from damage
    if fault:
        note = f"{path.name} is not the official archive, but every file in it is: it is used."
        warnings.warn(note, RepackedArchiveWarning, stacklevel=2)


def check(path, file):
    """Raise `Damage` unless the file, or else each of its members, is the official one."""
    fault = _file_fault(path, file)
    if "members" in file and (fault or path.is_dir()):
        for _ in members(path, file):
            pass
    elif fault:
        raise Damage(fault)
