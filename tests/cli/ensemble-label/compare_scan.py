"""Check that a label scan lies on the grid of another scan; print its distinct codes.

usage: compare_scan.py LABEL SCAN
"""
import gzip
import struct
import sys


def read(path):
    with gzip.open(path) as f:
        data = f.read()
    shape = struct.unpack("<8h", data[40:56])[1:4]
    datatype, bits = struct.unpack("<2h", data[70:74])
    spacing = struct.unpack("<4f", data[76:92])
    forms = struct.unpack("<2h", data[252:256])
    quaternion = struct.unpack("<6f", data[256:280])
    rows = struct.unpack("<12f", data[280:328])
    offset = int(struct.unpack("<f", data[108:112])[0])
    return shape, datatype, bits, spacing, forms, quaternion, rows, data[offset:]


label, scan = read(sys.argv[1]), read(sys.argv[2])
if label[0] != scan[0]:
    sys.exit(f"shape {label[0]}, expected {scan[0]}")
if any(abs(a - b) > 1e-4 for a, b in zip(label[3][1:], scan[3][1:])):
    sys.exit(f"spacing {label[3]}, expected {scan[3]}")
if label[4][1] <= 0 or any(abs(a - b) > 1e-3 for a, b in zip(label[6], scan[6])):
    sys.exit(f"affine {label[6]}, expected {scan[6]}")
formats = {2: "B", 4: "h", 512: "H", 8: "i", 256: "b"}
if label[1] not in formats:
    sys.exit(f"datatype {label[1]} holds no whole numbers")
count = label[0][0] * label[0][1] * label[0][2]
values = struct.unpack(f"<{count}{formats[label[1]]}", label[7][: count * label[2] // 8])
print(*sorted(set(values)))
