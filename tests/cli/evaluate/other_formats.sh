#!/usr/bin/env bash
# Label maps as MetaImage and NRRD score as the same NIfTI; a cropped .seg.nrrd lies where its header says.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map reference.nii 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=1:3,1:4,0:2 2=4:6,2,3
python3 - <<'PY'
import gzip

stored = open("reference.nii", "rb").read()[352:]
# NIfTI counts to the right and to the front, the others to the left and to the back.
with open("a.mha", "wb") as file:
    file.write(b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
               b"TransformMatrix = -1 0 0 0 -1 0 0 0 1\nOffset = -10 -20 30\nElementSpacing = 1 2 3\n"
               b"DimSize = 6 5 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" + stored)


def nrrd(name, low, high):
    voxels = b"".join(stored[2 * ((z * 5 + y) * 6 + low[0]):2 * ((z * 5 + y) * 6 + high[0])]
                      for z in range(low[2], high[2]) for y in range(low[1], high[1]))
    sizes = [h - l for l, h in zip(low, high)]
    origin = [-10 - low[0], -20 - 2 * low[1], 30 + 3 * low[2]]
    with open(name, "wb") as file:
        file.write((f"NRRD0004\ntype: short\ndimension: 3\nsizes: {sizes[0]} {sizes[1]} {sizes[2]}\n"
                    "space: left-posterior-superior\nspace directions: (-1,0,0) (0,-2,0) (0,0,3)\n"
                    "endian: little\nencoding: gzip\n"
                    f"space origin: ({origin[0]},{origin[1]},{origin[2]})\n"
                    "Segment0_ID:=a\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"
                    "Segment1_ID:=b\nSegment1_LabelValue:=2\nSegment1_Layer:=0\n\n").encode()
                   + gzip.compress(voxels))


nrrd("b.seg.nrrd", [0, 0, 0], [6, 5, 4])
nrrd("c.seg.nrrd", [1, 1, 0], [6, 4, 4])
PY
for prediction in a.mha b.seg.nrrd c.seg.nrrd; do
  run "$BIN/evaluate" --prediction $prediction --reference reference.nii --regions a=1 --regions b=2 \
    --metrics dice,hd95_mm --output cases.csv --force
  for row in a,dice,1,normal,1 b,dice,1,normal,1 a,hd95_mm,0,normal,mm b,hd95_mm,0,normal,mm; do
    expect_row cases.csv "reference,$row"
  done
done
run "$BIN/evaluate" --prediction reference.nii --reference a.mha --regions a=1 --regions b=2 \
  --metrics dice --output other.csv
expect_row other.csv "a,b,dice,1,normal,1"
