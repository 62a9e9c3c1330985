"""Writes a small label map as NIfTI: label_map.py OUT SIZE [--spacing X,Y,Z] [--origin X,Y,Z] [--turn zxy]
[--flip 0,2] [--float] [--add A] [--nan] [CODE=X,Y,Z]...

--turn and --flip store the same voxels at the same places of the world along other array axes: zxy puts the
world's z first. --float stores float32, --add adds to every value, --nan has a background of NaN.
SIZE is X,Y,Z voxels. Each CODE fills a box; X, Y and Z are ranges begin:end (end not included) or one place.
"""

import argparse
import gzip
import struct

parser = argparse.ArgumentParser()
parser.add_argument("out")
parser.add_argument("size")
parser.add_argument("--spacing", default="1,1,1")
parser.add_argument("--origin", default="0,0,0")
parser.add_argument("--turn", default="xyz")
parser.add_argument("--flip", default="")
parser.add_argument("--float", action="store_true")
parser.add_argument("--add", type=float, default=0)
parser.add_argument("--nan", action="store_true")
parser.add_argument("--truncate", type=int, help="keep only this many bytes")
parser.add_argument("boxes", nargs="*")
args = parser.parse_intermixed_args()

size = [int(n) for n in args.size.split(",")]
spacing = [float(s) for s in args.spacing.split(",")]
origin = [float(o) for o in args.origin.split(",")]
voxels = bytearray(2 * size[0] * size[1] * size[2])
for box in args.boxes:
    code, places = box.split("=")
    ranges = []
    for place in places.split(","):
        begin, _, end = place.partition(":")
        ranges.append(range(int(begin), int(end) if end else int(begin) + 1))
    for z in ranges[2]:
        for y in ranges[1]:
            for x in ranges[0]:
                struct.pack_into("<h", voxels, 2 * ((z * size[1] + y) * size[0] + x), int(code))

axes = ["xyz".index(c) for c in args.turn]
flips = [int(i) for i in args.flip.split(",") if i]
turned = [size[a] for a in axes]
values = []
for k in range(turned[2]):
    for j in range(turned[1]):
        for i in range(turned[0]):
            at = [0, 0, 0]
            for place, (axis, index) in enumerate(zip(axes, (i, j, k))):
                at[axis] = size[axis] - 1 - index if place in flips else index
            values += struct.unpack_from("<h", voxels, 2 * ((at[2] * size[1] + at[1]) * size[0] + at[0]))
if args.nan:
    values = [v or float("nan") for v in values]
if args.float or args.add or args.nan:
    voxels = struct.pack(f"<{len(values)}f", *(v + args.add for v in values))
else:
    voxels = struct.pack(f"<{len(values)}h", *values)
kind = (16, 32) if len(voxels) == 4 * len(values) else (4, 16)

header = bytearray(352)
struct.pack_into("<i", header, 0, 348)
struct.pack_into("<8h", header, 40, 3, *turned, 1, 1, 1, 1)
struct.pack_into("<hh", header, 70, *kind)  # float32 or int16
struct.pack_into("<8f", header, 76, 1, *(spacing[a] for a in axes), 0, 0, 0, 0)
struct.pack_into("<ff", header, 108, 352, 1)  # offset of the voxels, slope
header[123] = 2  # mm
struct.pack_into("<hh", header, 252, 0, 1)  # the affine rows say where voxels lie
for row in range(3):
    line = [0.0] * 3 + [origin[row]]
    place = axes.index(row)
    line[place] = -spacing[row] if place in flips else spacing[row]
    if place in flips:
        line[3] += spacing[row] * (size[row] - 1)
    struct.pack_into("<4f", header, 280 + 16 * row, *line)
header[344:347] = b"n+1"

content = bytes(header + voxels)
if args.out.endswith(".gz"):
    content = gzip.compress(content, mtime=0)
with open(args.out, "wb") as file:
    file.write(content[: args.truncate])
