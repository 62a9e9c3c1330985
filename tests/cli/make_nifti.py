#!/usr/bin/env python3
"""Writes a small NIfTI file, sound or broken, with nothing but the standard library.

make_nifti.py OUT [--size X Y Z] [--type uint8|int16|float32] [--kind head|label|zero]
                  [--seed N] [--codes 0 1 2 4] [--nan N] [--truncate BYTES]

`head` is a box of positive noise with empty borders, `label` a few blocks of codes inside it. The
geometry is that of BraTS scans: array axes towards left, back and up, 1 mm.
"""
import argparse
import gzip
import random
import struct

CODES = {"uint8": (2, "B"), "int16": (4, "h"), "float32": (16, "f")}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--size", type=int, nargs=3, default=[12, 11, 10])
    parser.add_argument("--type", choices=CODES, default="int16")
    parser.add_argument("--kind", choices=["head", "label", "zero"], default="head")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--codes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--nan", type=int, default=0, help="this many voxels are not a number")
    parser.add_argument("--truncate", type=int, default=0, help="keep only the first BYTES bytes")
    return parser.parse_args()


def voxels(a):
    draw = random.Random(a.seed)
    values = []
    for z in range(a.size[2]):
        for y in range(a.size[1]):
            for x in range(a.size[0]):
                inside = all(2 <= v < n - 2 for v, n in zip((x, y, z), a.size))
                if a.kind == "zero" or not inside:
                    values.append(0)
                elif a.kind == "head":
                    values.append(draw.randint(50, 400))
                else:
                    values.append(a.codes[x % len(a.codes)] if y < a.size[1] // 2 else 0)
    for i in range(a.nan):
        values[len(values) // 2 + i] = float("nan")
    return values


def main():
    a = arguments()
    code, letter = CODES[a.type]
    header = struct.pack(
        "<i35xB8h3f4h8f3fhBB4f2i80s24s2h6f4f4f4f16s4s",
        348, 0, 3, *a.size, 1, 1, 1, 1,
        0, 0, 0, 0, code, struct.calcsize(letter) * 8, 0,
        1, 1, 1, 1, 0, 0, 0, 0,
        352, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
        b"made for a test", b"", 0, 1,
        0, 0, 0, 0, 0, 0,
        -1, 0, 0, 0,
        0, -1, 0, a.size[1] - 1,
        0, 0, 1, 0,
        b"", b"n+1\0")
    data = header + bytes(4) + struct.pack(f"<{len(voxels(a))}{letter}", *voxels(a))
    if a.out.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    if a.truncate:
        data = data[: a.truncate]
    with open(a.out, "wb") as out:
        out.write(data)


main()
