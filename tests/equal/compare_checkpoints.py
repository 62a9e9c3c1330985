#!/usr/bin/env python3
"""Compares the checkpoints of two folders of results by name; used by compare_commits.sh."""

import pathlib
import sys

import h5py
import numpy

# What names the file itself or the run that wrote it, beside what was learnt.
OF_THE_FILE = {"schema", "schema_version", "content_sha256"}


def checkpoints(results, paper):
    """Paths of a paper's checkpoints below the results, without states of unfinished runs."""
    found = (file.relative_to(results) for file in (results / paper).glob("*/*/fold*_seed*/*.h5"))
    return sorted(map(str, found))


def contents(path):
    """Networks (a tuple of names and values each) and everything else, by name."""
    networks, others = {}, {}

    def visit(name, item):
        parts = name.split("/")
        where = next((i for i, part in enumerate(parts) if part in ("parameters", "buffers")), None)
        if isinstance(item, h5py.Dataset):
            value = item[()]
            if where is None:
                others[name] = value
            else:
                networks.setdefault("/".join(parts[:where]), {})["/".join(parts[where:])] = value
        if parts[0] != "provenance":
            others.update({f"{name}@{key}": value for key, value in item.attrs.items()})

    with h5py.File(path, "r", locking=False) as file:
        others.update({f"@{key}": value for key, value in file.attrs.items() if key not in OF_THE_FILE})
        file.visititems(visit)
        return file.attrs["content_sha256"], networks, others


def same(a, b):
    """Equal to the bit: type, shape and value."""
    a, b = numpy.asarray(a), numpy.asarray(b)
    if a.dtype == object or b.dtype == object:
        return a.shape == b.shape and a.tolist() == b.tolist()
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def differing(a, b):
    """Names whose values differ or that one of the two lacks."""
    return sorted(name for name in a.keys() | b.keys() if name not in a or name not in b or not same(a[name], b[name]))


def verdict(before, after):
    """Whether what was learnt is equal, and in which words."""
    hash_before, old, others_before = contents(before)
    hash_after, new, others_after = contents(after)
    if hash_before == hash_after:
        return True, "equal content"
    # A file may have come to hold several networks; each former one must be among them.
    for network, arrays in old.items():
        closest = min((differing(arrays, other) for other in new.values()), key=len, default=["all"])
        if closest:
            return False, f"DIFFERENT parameters{' of ' + network if network else ''}: {', '.join(closest[:4])}" + (
                f" and {len(closest) - 4} more" if len(closest) > 4 else ""
            )
    return True, f"equal parameters; other content: {', '.join(differing(others_before, others_after)) or 'layout'}"


def main():
    before, after = map(pathlib.Path, sys.argv[1:3])
    count = wrong = 0
    for paper in sys.argv[3:]:
        names = checkpoints(before, paper)
        if not names:
            sys.exit(f"compare_checkpoints: error: no checkpoints of {paper} in {before}")
        for name in names:
            equal, words = verdict(before / name, after / name) if (after / name).exists() else (False, "MISSING")
            print(f"{name.removesuffix('/checkpoint.h5'):52} {words}")
            count, wrong = count + 1, wrong + (not equal)
    print(f"{count - wrong} of {count} checkpoints are equal" + (f", {wrong} are not" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
