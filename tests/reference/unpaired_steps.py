"""The first three iterations of the rows of MKD (Li et al. 2020), stated from the paper, on closed-form slices.

unpaired_steps.py FILE writes the golden values that tests/golden/unpaired_steps_test.cpp compares the shipped settings
files with. This script opens no settings file of ours. Every forward pass of algorithm 1 is made where the algorithm
has it; nothing is shared or kept.

Sources, per value: [P] Li et al. 2020 (arXiv:2010.01532); [S] SIFA, Chen et al. 2019 (arXiv:1901.08211), code; [C]
CycleGAN, Zhu et al. 2017 (arXiv:1703.10593), code; [O] open in all of them: our choice, named in the settings.
"""

import argparse
import csv
import dataclasses

import torch
import torch.nn.functional as F

from closed_form import fill, wave
from coming_networks import Generator, PatchGan, ResUNet2d

SIDE, WIDTH, BATCH, CLASSES = 32, 4, 8, 8  # batch [S]; widths in place of the published ones
ITERATIONS = (0, 2400, 4800)  # their numbers: two cuts of the segmentors' rate show
PHASE = {"ct": 0.0, "mr": 1.0}
SHIFT = {"syn": 0.0, "real": 0.25, "joint": 0.0, "x": 0.0, "on-t": 0.0, "on-a": 0.25, "second": 0.5, "on-a-to-t": 0.0,
         "a-to-t": 0.5, "t-to-a": 0.75, "discriminator-t": 1.0, "discriminator-a": 1.25}
RATE, CUT, EVERY = 2e-4, 0.9, 2400  # [P]; an epoch of 1200 iterations [S]


def images(channel, place):
    return torch.stack([wave((1, SIDE, SIDE), phase=PHASE[channel] + 0.7 * place + 0.3 * n) for n in range(BATCH)])


def labels(place):
    index = torch.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    return torch.stack([(index + place + n) % CLASSES for n in range(BATCH)])


@dataclasses.dataclass
class Lesson:
    network: str
    image: str  # of a stream, of several joined (t+a), or translated (a>t)
    weight: float = 1.0
    shapes: float = 0.0  # of its loss in the generator's


@dataclasses.dataclass
class Distilled:
    teacher: str
    student: str
    image: str
    weight: float


@dataclasses.dataclass
class Row:
    lessons: dict
    distilled: dict = dataclasses.field(default_factory=dict)
    translates: bool = False
    target: str = "ct"
    first_moment: float = 0.9  # of networks that segment; 0.5 where a run trains generators for themselves [S]
    cuts: bool = True


KD = {"syn-to-real": Distilled("syn", "real", "a>t", 0.5), "real-to-syn": Distilled("real", "syn", "t", 1.0)}  # [P]
MKD = {"syn": Lesson("syn", "a>t", shapes=1.0), "real": Lesson("real", "t")}  # [P]
ZHANG = {"t": Lesson("on-t", "t"), "a-to-t": Lesson("on-t", "a>t", shapes=1.0),
         "a": Lesson("on-a", "a"), "t-to-a": Lesson("on-a", "t>a", shapes=1.0)}  # [O]
ROWS = {
    "baseline": Row({"real": Lesson("real", "t")}),
    "assistant": Row({"real": Lesson("real", "a")}),
    "joint": Row({"joint": Lesson("joint", "t+a")}),
    "x-shape": Row({"t": Lesson("x", "t"), "a": Lesson("x", "a")}),
    "zhang": Row(ZHANG, translates=True),
    "zhang-twice": Row({**ZHANG, "a-to-t": Lesson("on-t", "a>t", shapes=0.5), "second-t": Lesson("second", "t"),
                        "second-a-to-t": Lesson("second", "a>t", shapes=0.5)}, translates=True),
    "mkd": Row(MKD, KD, translates=True),
    "mkd-mr": Row(MKD, KD, translates=True, target="mr"),
    "without-alignment": Row({"syn": Lesson("syn", "a"), "real": Lesson("real", "t")},
                             {"syn-to-real": Distilled("syn", "real", "a", 0.5), "real-to-syn": KD["real-to-syn"]}),
    "without-syn-to-real": Row(MKD, {"real-to-syn": KD["real-to-syn"]}, translates=True),
    "without-real-to-syn": Row(MKD, {"syn-to-real": KD["syn-to-real"]}, translates=True),
    "align": Row({}, translates=True),
    "align-target-aware": Row({"on-a": Lesson("on-a", "a"), "on-a-to-t": Lesson("on-a-to-t", "a>t", shapes=5.0)},
                              translates=True, first_moment=0.5, cuts=False),
}


def cross_entropy(logits, y):  # [P] equation 6, unweighted [O]
    return F.cross_entropy(logits, y)


def dice(logits, y):  # [S]: all classes, sums over the batch
    p, g = torch.softmax(logits, 1), F.one_hot(y, CLASSES).movedim(-1, 1).double()
    over = (0, 2, 3)
    return 1 - (2 * (p * g).sum(over) / ((p**2).sum(over) + g.sum(over) + 1e-7)).mean()


def distilled(teacher, student):  # [P] equation 7
    return -(torch.softmax(teacher.detach(), 1) * torch.log_softmax(student, 1)).sum(1).mean()


def fooled(scores):  # [C]
    return ((scores - 1)**2).mean()


def told_apart(real, made):  # [C]
    return 0.5 * (((real - 1)**2).mean() + (made**2).mean())


def distance(a, b):
    return (a - b).abs().mean()


class XShape(torch.nn.Module):
    """Ends for each modality; the deepest level and the decoder level above it are shared [O]."""

    def __init__(self, classes, width):
        super().__init__()
        self.t, self.a = ResUNet2d(classes, width), ResUNet2d(classes, width)
        self.a.enc[4], self.a.dec[0] = self.t.enc[4], self.t.dec[0]


class Training:
    def __init__(self, row):
        self.row, self.networks, self.optimizers = row, {}, {}
        for lesson in row.lessons.values():
            if lesson.network not in self.networks:
                made = (XShape if lesson.network == "x" else ResUNet2d)(CLASSES, WIDTH)
                self.add(lesson.network, made, (row.first_moment, 0.999))
        if row.translates:
            for name in ("a-to-t", "t-to-a"):
                self.add(name, Generator(ngf=WIDTH), (0.5, 0.999))  # [S]
            for name in ("discriminator-t", "discriminator-a"):
                self.add(name, PatchGan(ndf=WIDTH), (0.5, 0.999))  # [S]

    def add(self, name, network, betas):
        self.networks[name] = fill(network.double(), SHIFT[name]).train()
        self.optimizers[name] = torch.optim.Adam(network.parameters(), RATE, betas, 1e-8)

    def update(self, name, loss, rate):
        parameters = list(self.networks[name].parameters())
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)):
            p.grad = g
        for group in self.optimizers[name].param_groups:
            group["lr"] = rate
        self.optimizers[name].step()

    def supervised(self, values, name, logits, y):
        if name is not None:
            values[f"{name}/cross-entropy"] = cross_entropy(logits, y)
            values[f"{name}/dice"] = dice(logits, y)
        return cross_entropy(logits, y) + dice(logits, y)

    def generator_step(self, values, way, x, y):
        """Steps 2 and 3, or 4 and 5: `way` is (from, to)."""
        here, there = way
        forth, back = self.networks[f"{here}-to-{there}"], self.networks[f"{there}-to-{here}"]
        judge = self.networks[f"discriminator-{there}"]
        made, other = forth(x[here]), back(x[there])
        values[f"adversarial-{there}"] = fooled(judge(made))
        cycles = {here: distance(back(made), x[here]), there: distance(forth(other), x[there])}
        if way == ("a", "t"):
            values.update({f"cycle-{name}": value for name, value in cycles.items()})
        loss = values[f"adversarial-{there}"] + 10 * sum(cycles.values())  # [P]
        for name, lesson in self.row.lessons.items():
            if lesson.shapes and lesson.image == f"{here}>{there}":
                value = self.supervised(values, None, self.networks[lesson.network](made), y[here])
                values[f"shape-{name}"] = value
                loss = loss + lesson.shapes * value
        values[f"loss-{here}-to-{there}"] = loss
        self.update(f"{here}-to-{there}", loss, RATE)
        values[f"discriminator-{there}"] = told_apart(judge(x[there]), judge(made.detach()))
        self.update(f"discriminator-{there}", values[f"discriminator-{there}"], RATE)

    def seen(self, image, x, y):
        if "+" in image:
            parts = image.split("+")
            return torch.cat([x[p] for p in parts]), torch.cat([y[p] for p in parts])
        if ">" in image:
            here, there = image.split(">")
            with torch.no_grad():
                return self.networks[f"{here}-to-{there}"](x[here]), y[here]
        return x[image], y[image]

    def step(self, place, iteration):
        row, values = self.row, {}
        x = {"t": images(row.target, place), "a": images("mr" if row.target == "ct" else "ct", place + 10)}
        y = {"t": labels(place), "a": labels(place + 3)}
        if row.translates:
            self.generator_step(values, ("a", "t"), x, y)
            self.generator_step(values, ("t", "a"), x, y)
        passes = {}

        def look(network, image):
            if (network, image) not in passes:
                whole = self.networks[network]
                own = getattr(whole, image) if network == "x" else whole
                passes[network, image] = own(self.seen(image, x, y)[0])
            return passes[network, image]

        losses = {}
        for name, lesson in row.lessons.items():
            value = self.supervised(values, name, look(lesson.network, lesson.image), self.seen(lesson.image, x, y)[1])
            losses[lesson.network] = losses.get(lesson.network, 0) + lesson.weight * value
        for name, d in row.distilled.items():
            value = values[f"{name}/teacher-cross-entropy"] = distilled(look(d.teacher, d.image),
                                                                        look(d.student, d.image))
            losses[d.student] = losses[d.student] + d.weight * value
        for name, loss in losses.items():
            values[f"loss-{name}"] = loss
        for name, loss in losses.items():
            self.update(name, loss, RATE * CUT**(iteration // EVERY) if row.cuts else RATE)
        values["loss"] = sum(v for name, v in values.items() if name.startswith("loss-"))
        return {name: float(value.detach()) for name, value in values.items()}


def count(network):
    return sum(p.numel() for p in network.parameters())


def stated(row, name):
    """What no loss shows, and the parameters of the networks at their published widths [P, S; sizes of the segmentor
    O]."""
    rows = {"epochs": 20, "epoch-iterations": 1200, "batch": BATCH, "learning-rate": RATE, "selection": "last",
            "flip-axis": "x y", "flip-probability": 0.5, "affine-probability": 1, "rotation-deg": 15, "shear": 0,
            "scale": 0}
    with torch.device("meta"):
        if row.lessons:
            rows["parameters"] = count(XShape(CLASSES, 16) if name == "x-shape" else ResUNet2d(CLASSES))
        if row.translates:
            rows.update({"generator-parameters": count(Generator()), "discriminator-parameters": count(PatchGan()),
                         "generator-rate": RATE, "generator-decay": 0, "pool": 50, "pool-unit": "image"})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV to write")
    torch.set_num_threads(1)
    with open(parser.parse_args().file, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "step", "quantity", "value"])
        for name, row in ROWS.items():
            for quantity, value in stated(row, name).items():
                writer.writerow([name, "stated", quantity, value])
            training = Training(row)
            for place, iteration in enumerate(ITERATIONS):
                for quantity, value in training.step(place, iteration).items():
                    writer.writerow([name, place, quantity, repr(value)])


if __name__ == "__main__":
    main()
