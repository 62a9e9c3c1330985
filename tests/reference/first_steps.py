"""The first three iterations of every method of three papers, stated from the papers, on closed-form images.

first_steps.py FILE writes the golden values that tests/golden/first_steps_test.cpp compares the shipped settings files
with. This script opens no settings file of ours: all weights, constants, reductions and schedules below are written
from the papers and, where they are silent, from their authors' public code.

Sources, per value: [H] Vadacchino et al. 2021 (HAD-Net, arXiv:2103.16617) and its official code; [K] Hu et al. 2020
(KD-Net, arXiv:2106.09564), open details as in nnU-Net's first version; [D] Dorent et al. 2019 (U-HVED and U-HeMIS,
arXiv:1907.11150) and its official code; [N] Nalwade & Kisa (model distillation); [I] Isensee et al. 2018 (No New-Net,
arXiv:1809.10483), [M] Myronenko 2018 (arXiv:1810.11654) and [L] Lachinov et al. 2018 (arXiv:1810.04008) and 2020, all
with public code; [O] open in the paper and in public code: our choice, named in the settings.
"""

import argparse
import copy
import csv
import dataclasses

import torch

import coming_networks as brain
import losses
from closed_form import Noise, fill, subset_of, wave
from networks import HadNetUNet, KdNetUNet, PatchDiscriminator, UHemis, UHved

SEED = 0
EPOCHS = (0, 10, 100)  # of the three iterations: decays show
# Base widths in place of the published ones; discriminators keep their proportion. Group norm wants eight channels.
WIDTH = {"vae-unet": 8, "cascaded-unet": 1}  # 4 for the others
SIDE = {"u-hemis": 16, "u-hved": 16, "cascaded-unet": 64}  # cubed; 32 for the others
PHASE = {"flair": 0.0, "t1": 1.0, "t1ce": 2.0, "t2": 3.0, "synthetic-flair": 4.0}
REGIONS = ([3], [1, 3], [1, 2, 3])  # ET, TC, WT of background, NCR, ED, ET


def images(channels, side, step, batch):
    """sin(0.011 i + phase) per channel, moved by iteration and sample; 0 in the first four slices, as outside of a
    head."""
    x = torch.stack([torch.stack([wave((side, side, side), phase=PHASE[name] + 0.7 * step + 0.3 * n)
                                  for name in channels]) for n in range(batch)])
    x[:, :, :4] = 0
    return x


def labels(side, step, batch):
    """Background, NCR, ED, ET: (i + step + n) mod 7, mod 4."""
    index = torch.arange(side**3).reshape(side, side, side)
    return torch.stack([(index + step + n) % 7 % 4 for n in range(batch)])


@dataclasses.dataclass
class Seen:
    """What the terms of one iteration look at."""
    logits: torch.Tensor
    maps: dict
    teacher_logits: torch.Tensor | None
    teacher_maps: dict | None
    labels: torch.Tensor
    epoch: int
    images: torch.Tensor
    made: torch.Tensor | None
    present: list | None
    network: torch.nn.Module
    head: str

    def p(self, logits=None, temperature=1.0):
        z = (self.logits if logits is None else logits) / temperature
        return torch.sigmoid(z) if self.head == "regions" else torch.softmax(z, 1)

    def truth(self):
        if self.head == "regions":
            return torch.stack([sum(self.labels == c for c in region) for region in REGIONS], 1).double()
        return losses.one_hot(self.labels, 4)

    def decision(self):
        if self.head == "regions":
            return (self.teacher_logits > 0).double()
        return losses.one_hot(self.teacher_logits.argmax(1), 4)


class NoNewNet(brain.UNet):
    def forward(self, x, noise=None):
        return super().forward(x), {}


class ResidualWithBranch(torch.nn.Module):
    """The branch restores patches of 32 voxels a side here, of 128 at the published width."""

    def __init__(self, f):
        super().__init__()
        self.segmentation = brain.ResidualSegmentation(f)
        self.branch = brain.VariationalBranch(f, side=8 if f == 32 else 2)

    def forward(self, x, noise):
        logits, bottom = self.segmentation(x, noise)
        images, mean, log_variance = self.branch(bottom, noise.normal((128,)))
        return logits, {"images": images, "mean": mean, "log variance": log_variance}


class Cascade(brain.Cascade):
    def __init__(self, n):
        super().__init__(3, n)

    def forward(self, x, noise):
        quarter, half, full = super().forward(x, noise)
        return full, {"half": half, "quarter": quarter}


DISTILLATION = {"no-new-net": NoNewNet, "vae-unet": ResidualWithBranch, "cascaded-unet": Cascade}


@dataclasses.dataclass
class Adversary:
    maps: bool = True
    k: int = 32
    weight: float = 0.2  # [H] lambda
    threshold: float = 0.8  # [H], code; the paper: "a certain threshold"
    learning_rate: float = 2e-4  # [H]
    betas: tuple = (0.5, 0.999)  # [H]


@dataclasses.dataclass
class Method:
    program: str
    network: str
    channels: list
    terms: dict  # name: (weight, value of what is seen)
    optimizer: dict
    stated: dict  # what no loss shows
    head: str = "classes"
    made: tuple = ()
    skips: bool = True
    subsets: bool = False
    teacher: str | None = None
    teacher_dropout: bool = False
    shared: bool = False
    adversary: Adversary | None = None
    batch: int = 1
    width: int = 0
    parameters: int = 0  # as published or counted from the paper's table

    def small(self):
        return self.built(WIDTH.get(self.network, 4))

    def outputs(self):
        return len(self.made) if self.made else 3 if self.head == "regions" else 4

    def side(self):
        return SIDE.get(self.network, 32)

    def built(self, width):
        n, out = len(self.channels), self.outputs()
        if self.network == "had-net-unet":
            return HadNetUNet(n, out, width)
        if self.network == "kd-net-unet":
            return KdNetUNet(n, out, width, self.skips)
        if self.network in DISTILLATION:
            return DISTILLATION[self.network](width)
        return (UHemis if self.network == "u-hemis" else UHved)(n, out, width)


# --- terms -----------------------------------------------------------------------------------------------------------

W0 = [1.0000, 59.4507, 23.3190, 71.8481]  # [H] background, NET, ED, ET


def cross_entropy(decay):
    return {"cross-entropy": (1.0, lambda s: losses.weighted_cross_entropy(
        s.logits, s.labels, losses.decayed(W0, decay, s.epoch)))}


def from_labels(weight):
    """L_GT, equation 4 of [K]: Dice over all channels [O], linear denominator [O], e = 1e-5 [O], and BCE."""
    return {"dice": (weight, lambda s: losses.dice(s.p(), s.truth(), 1e-5)),
            "binary-cross-entropy": (weight, lambda s: losses.binary_cross_entropy(s.truth(), s.p()))}


def from_teacher(weight):
    """L_KD, equations 1 and 2 of [K]: T = 5 in the Dice term alone, the teacher's decisions [O: argmax] in BCE."""
    return {"soft-dice": (weight, lambda s: losses.dice(s.p(), s.p(s.teacher_logits, 5), 1e-5)),
            "teacher-binary-cross-entropy": (weight, lambda s: losses.binary_cross_entropy(s.decision(), s.p()))}


def bottleneck(weight, kl=losses.softmax_kl):
    """L_KL, equation 3 of [K]."""
    return {"bottleneck-kl": (weight, lambda s: kl(s.teacher_maps["c5"], s.maps["c5"]))}


def distillation_terms(weight, output=None):
    """[N]: Dice, with the "1 -" that the paper's formula lacks, plus cross-entropy; squares below the fraction [N], sums
    over the batch [L], the mean over elements [L]. Of coarser outputs against the truth averaged over blocks [L]."""
    def seen(s):
        if output is None:
            return s.logits, s.truth()
        logits = s.maps[output]
        return logits, torch.nn.functional.avg_pool3d(s.truth(), s.labels.shape[-1] // logits.shape[-1])

    def dice(s):
        z, g = seen(s)
        p, axes = torch.sigmoid(z), (0, 2, 3, 4)
        return 1 - ((2 * (p * g).sum(axes) + 1e-5) / ((p**2).sum(axes) + (g**2).sum(axes) + 1e-5)).mean()

    def cross_entropy(s):
        z, g = seen(s)
        return -(g * torch.nn.functional.logsigmoid(z) + (1 - g) * torch.nn.functional.logsigmoid(-z)).mean()

    suffix = f":{output}" if output else ""
    return {f"dice{suffix}": (weight, dice), f"binary-cross-entropy{suffix}": (weight, cross_entropy)}


def vae_kl(s):
    """[M]: over the elements of an image, without a factor 1/2; mean over samples."""
    mean, log_variance = s.maps["mean"], s.maps["log variance"]
    elements = s.images[0].numel()
    return (mean**2 + torch.exp(log_variance) - log_variance - 1).sum(1).mean() / elements


WITH_BRANCH = {**distillation_terms(1.0), "reconstruction": (0.1, lambda s: ((s.maps["images"] - s.images)**2).mean()),
               "vae-kl": (0.1, vae_kl)}  # [M]
CASCADED = {**distillation_terms(0.4), **distillation_terms(0.3, "half"), **distillation_terms(0.2, "quarter")}  # [L]

LAMBDA, ALPHA = 0.75, 10.0  # [K] equation 5
KD_NET = {**from_labels(1 - LAMBDA), **from_teacher(LAMBDA), **bottleneck(ALPHA)}

SEGMENTATION = {  # [D]: unweighted cross-entropy, Dice with sums of squares over all classes, L2 as a mean over tensors
    "cross-entropy": (1.0, lambda s: losses.weighted_cross_entropy(s.logits, s.labels, [1.0] * 4)),
    "dice": (1.0, lambda s: losses.dice(s.p(), s.truth(), 1e-5, squared=True)),
    "weight-penalty": (1.0, lambda s: losses.weight_penalty(s.network, 1e-5))}
VARIATIONAL = {  # [D]: 0.1 each; the reconstruction is of all images, withheld ones too
    **SEGMENTATION,
    "latent-kl": (0.1, lambda s: losses.latent_kl(s.maps["posteriors"], s.present, 14)),
    "reconstruction": (0.1, lambda s: ((s.maps["reconstruction"] - s.images)**2).mean())}
SYNTHESIS = {"absolute-error": (1.0, lambda s: losses.absolute_error(s.logits, s.made))}  # [K] without details: [O]

# --- optimizers and what no loss shows -------------------------------------------------------------------------------

ADAMW = {"kind": "adamw", "lr": 2e-4, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-5}  # [H] stage 1
HAD_ADAM = {"kind": "adam", "lr": 2e-4, "betas": (0.5, 0.999), "eps": 1e-8, "weight_decay": 0.0}  # [H] stage 2
KD_ADAM = {"kind": "adam", "lr": 1e-4, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}  # [K]; betas [O]
D_ADAM = {"kind": "adam", "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}  # [D]

N_ADAM = {"kind": "adam", "lr": 2e-4, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-5}  # [N]; decay [L]
N_SGD = {"kind": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-5}  # [N]; momentum and decay [L]

CONSTANT = {"plateau": "off"}
HALVED = {"plateau": "on", "plateau-watch": "score", "plateau-patience": 30, "plateau-factor": 0.5,
          "plateau-threshold": 1e-4}  # [H]: halved when the validation metric has not improved for 30 epochs
FIFTH = {"plateau": "on", "plateau-watch": "loss", "plateau-patience": 49, "plateau-factor": 0.2,
         "plateau-threshold": 0}  # [K]: x 0.2 when the loss has not decreased for 50 epochs: 49 pass, the 50th cuts
QUARTERED = {"plateau": "off", "step-decay-every": 10000, "step-decay-factor": 0.25}  # [D]

AFFINE = {"flip-axis": "x", "flip-probability": 0.5, "affine-probability": 0.8, "rotation-deg": 4, "shear": 0.04,
          "scale": 0.04}  # [H], code
FLIPS = {"flip-axis": "x y z", "flip-probability": 0.5, "affine-probability": 0}  # [K]; probability [O]
SCALES = {"flip-axis": "x y z", "flip-probability": 0.5, "affine-probability": 1, "rotation-deg": 0, "shear": 0,
          "scale": 0.1}  # [D]
NEAR_TUMORS = {  # [L], code; turns and scales [O] around what [N] names
    "flip-axis": "x y z", "flip-probability": 0.5, "affine-probability": 1, "rotation-deg": 15, "shear": 0, "scale": 0.15,
    "rotation-probability": 0.5, "scale-probability": 0.5, "transpose-probability": 0, "about": "patch",
    "patch-position": "near-label", "patch-margin": 50, "label-interpolation": "nearest", "contrast": 0.1, "shift": 0.2,
    "gamma": "1 1", "channel-dropout": 0, "elastic-probability": 0}
NONE = {"augment": "none"}

HAD_1 = {"epochs": 400, "selection": "best", **HALVED, **AFFINE}
HAD_2 = {"epochs": 800, "selection": "best", **CONSTANT, **NONE}
KD = {"epochs": 500, "selection": "last", **FIFTH, **FLIPS}
N_ALL = {"epochs": 280, "selection": "best", "plateau": "off", "step-decay-stages": 10, **NEAR_TUMORS}  # [N]; stages [O]
N_PATCHES = {**N_ALL, "patch": "128 128 128", "step-decay-factor": 0.6}  # [N]
N_CUBES = {**N_ALL, "patch-position": "anywhere", "step-decay-factor": 0.85}  # [N]: decay; [L]: the whole brain
D_HAD = {"epochs": 300, "selection": "last", **QUARTERED, **SCALES, "patch": "112 112 112"}  # [D]: 60,000 of 200 cases
D_KD = {"epochs": 500, "selection": "last", **QUARTERED, **FLIPS}  # [K]'s protocol around [D]'s losses


# --- the methods -----------------------------------------------------------------------------------------------------

FOUR, THREE = ["flair", "t1ce", "t1", "t2"], ["flair", "t1", "t2"]  # [H], in this order
KD_FOUR, T1CE = ["t1", "t2", "t1ce", "flair"], ["t1ce"]  # [K]; order [O]
D_FOUR = ["t1", "t1ce", "t2", "flair"]  # [D]


def had(program, channels, terms, optimizer, stated, **more):
    return Method(program, "had-net-unet", channels, terms, optimizer, stated, width=32,
                  parameters={4: 16_489_188, 3: 16_488_324}[len(channels)], **more)


def kd(program, channels, terms, *, skips=True, parameters=None, **more):
    count = parameters or (14_490_664 if skips else 12_425_164) + 810 * (len(channels) - 1)  # 27 f per channel
    return Method(program, "kd-net-unet", channels, terms, KD_ADAM, KD, skips=skips, width=30, parameters=count, **more)


def dorent(network, terms, stated):
    return Method("pretrain", network, D_FOUR, terms, D_ADAM, stated, subsets=True, width=8,
                  parameters={"u-hemis": 565_888, "u-hved": 1_250_552}[network])


def distillation(network, terms, width, parameters, optimizer=N_ADAM, stated=N_PATCHES, batch=2):
    """[N]: four images in the order of [L], a sigmoid per region."""
    return Method("pretrain", network, D_FOUR, terms, optimizer, stated, head="regions", batch=batch, width=width,
                  parameters=parameters)


def untrained(method):
    """A control of ours [O]: the network as it begins; a step that moves nothing."""
    return dataclasses.replace(method, optimizer={**method.optimizer, "lr": 1e-12},
                               stated={**method.stated, "epochs": 1, "epoch-iterations": 1})


def second_stage(adversary, **more):
    """[H] stage 2: class weights constant at W0; the frozen teacher keeps its dropout (code)."""
    return had("distill", THREE, cross_entropy(1.0), HAD_ADAM, HAD_2, teacher="teacher", teacher_dropout=True,
               adversary=adversary, **more)


def kd_net_plus(kl):
    return had("distill", THREE, {**KD_NET, **bottleneck(ALPHA, kl)}, KD_ADAM, KD, teacher="teacher")


def head(outputs):
    """Parameters of KD-Net's last convolution beyond those for four classes."""
    return 31 * (outputs - 4)


def kd_student(terms, **more):
    return kd("distill", T1CE, terms, teacher=more.pop("teacher", "teacher"), **more)


GT = from_labels(1.0)
GT_KL = {**GT, **bottleneck(ALPHA)}
GT_KD = {**from_labels(1 - LAMBDA), **from_teacher(LAMBDA)}
WITHOUT = {"skips": False, "teacher": "teacher-0"}
METHODS = {
    "had-net": {
        "teacher": had("pretrain", FOUR, cross_entropy(0.98), ADAMW, HAD_1),
        "student": had("pretrain", THREE, cross_entropy(0.98), ADAMW, HAD_1),
        "had-net": second_stage(Adversary()),
        "ad-net": second_stage(Adversary(maps=False)),
        "ad-net-half": second_stage(Adversary(maps=False, k=16)),
        "kd-net-plus": kd_net_plus(losses.softmax_kl),
        "kd-net-plus-l1": kd_net_plus(losses.l1_kl),
        "u-hemis": dorent("u-hemis", SEGMENTATION, D_HAD),
        "u-hved": dorent("u-hved", VARIATIONAL, D_HAD),
        "no-adversary": second_stage(None),
        "continued": had("pretrain", THREE, cross_entropy(1.0), ADAMW, {**HAD_1, "epochs": 800}),
    },
    "kd-net": {
        "baseline": kd("pretrain", T1CE, GT),
        "teacher": kd("pretrain", KD_FOUR, GT),
        "gt-kl": kd_student(GT_KL),
        "gt-kd": kd_student(GT_KD),
        "kd-net": kd_student(KD_NET),
        "baseline-0": kd("pretrain", T1CE, GT, skips=False),
        "teacher-0": kd("pretrain", KD_FOUR, GT, skips=False),
        "gt-kl-0": kd_student(GT_KL, **WITHOUT),
        "gt-kd-0": kd_student(GT_KD, **WITHOUT),
        "kd-net-0": kd_student(KD_NET, **WITHOUT),
        "u-hemis": dorent("u-hemis", SEGMENTATION, D_KD),
        "u-hved": dorent("u-hved", VARIATIONAL, D_KD),
        "gt-kl-quarter": kd_student({**from_labels(1 - LAMBDA), **bottleneck(ALPHA)}),
        "kd-net-shared": kd_student(KD_NET, shared=True),
        "teacher-regions": kd("pretrain", KD_FOUR, GT, head="regions", parameters=14_493_094 + head(3)),
        "kd-net-regions": kd_student(KD_NET, head="regions", teacher="teacher-regions",
                                     parameters=14_490_664 + head(3)),
        "generator": kd("pretrain", T1CE, SYNTHESIS, made=("flair",), parameters=14_490_664 + head(1)),
        "synthetic": kd("pretrain", ["t1ce", "synthetic-flair"], GT),
    },
}
UNET = distillation("no-new-net", distillation_terms(1.0), 30, 14_490_753)
RESIDUAL = distillation("vae-unet", WITH_BRANCH, 32, 23_273_879)
CASCADE = distillation("cascaded-unet", CASCADED, 4, 9_556_985, N_SGD, N_CUBES, 4)
METHODS["model-distillation"] = {
    "unet": UNET,
    "residual": RESIDUAL,
    "cascaded": CASCADE,
    "distilled": RESIDUAL,  # fresh, of the best kind [N]
    # Controls of ours [O]: what differs is the labels of the pool, the seed, or the count of steps.
    "self-taught": RESIDUAL,
    "residual-again": RESIDUAL,
    "peer-taught": RESIDUAL,
    "without-pool": dataclasses.replace(RESIDUAL, stated={**N_PATCHES, "epoch-iterations": 115}),  # (190 + 40) / 2
    "bound": RESIDUAL,
    "untrained-unet": untrained(UNET),
    "untrained-residual": untrained(RESIDUAL),
    "untrained-cascaded": untrained(CASCADE),
    "untrained-taught": RESIDUAL,
}
DISCRIMINATORS = {(True, 32): 88_205_184, (False, 32): 44_164_992, (False, 16): 11_072_448}  # [H]; counted for AD-Net

# --- the iterations --------------------------------------------------------------------------------------------------


def optimizer_of(parameters, settings):
    settings = dict(settings)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[settings.pop("kind")]
    return kind([p for p in parameters if p.requires_grad], **settings)


class Training:
    def __init__(self, method, teacher_method):
        self.method = method
        self.student = fill(method.small())
        self.teacher = self.judge = None
        if teacher_method:
            self.teacher = fill(teacher_method.small(), 0.5).requires_grad_(False)
            self.teacher_channels = teacher_method.channels
        if method.shared:
            self.student.bott = copy.deepcopy(self.teacher.bott).float().double()  # parameters are kept in float32
        self.optimizer = optimizer_of(self.student.parameters(), method.optimizer)
        if method.adversary:
            a = method.adversary
            self.judge = fill(PatchDiscriminator(len(method.channels), method.outputs(), a.k * 4 // method.width,
                                                 a.maps), 1.0)
            self.judge_optimizer = optimizer_of(self.judge.parameters(),
                                                {**HAD_ADAM, "lr": a.learning_rate, "betas": a.betas})

    def rate(self, step):
        """Of equal stages of the run, here of three iterations."""
        m, passed = self.method, step * self.method.stated.get("step-decay-stages", 0) // len(EPOCHS)
        return m.optimizer["lr"] * (m.stated["step-decay-factor"]**passed if passed else 1)

    def seen(self, step):
        m = self.method
        x = images(m.channels, m.side(), step, m.batch)
        present = subset_of(len(m.channels), SEED, step, 0) if m.subsets else None
        noise = Noise(SEED, step, "student", m.batch)
        logits, maps = self.student(x, present, noise) if m.subsets else self.student(x, noise)
        t, t_maps = None, None
        if self.teacher is not None:
            with torch.no_grad():
                t, t_maps = self.teacher(images(self.teacher_channels, m.side(), step, m.batch),
                                         Noise(SEED, step, "teacher", m.batch) if m.teacher_dropout else None)
        return Seen(logits, maps, t, t_maps, labels(m.side(), step, m.batch), EPOCHS[step], x,
                    images(m.made, m.side(), step, m.batch) if m.made else None, present, self.student, m.head)

    def step(self, step):
        """One iteration: values by name, unweighted, and their weighted sum."""
        s = self.seen(step)
        values = {name: term(s) for name, (_, term) in self.method.terms.items()}
        total = sum(weight * values[name] for name, (weight, _) in self.method.terms.items())
        if self.judge:
            of_student = self.judge(s.logits, s.images, s.maps)
            values["adversarial"] = losses.adversarial(of_student)
            total = total + self.method.adversary.weight * values["adversarial"]
        values["loss"] = total
        self.optimizer.zero_grad()
        total.backward()
        if self.method.subsets:  # as in TensorFlow, encoders that a step did not use still move by their moments [D]
            for p in self.student.parameters():
                p.grad = torch.zeros_like(p) if p.grad is None else p.grad
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step)
        self.optimizer.step()
        if self.judge:
            self.judge_step(s, values)
        return {name: float(v.detach()) if torch.is_tensor(v) else v for name, v in values.items()}

    def judge_step(self, s, values):
        """[H]: on the student's maps of before its update; only while it is right at most so often."""
        r = self.judge(s.teacher_logits, s.images, s.teacher_maps)
        q = self.judge(s.logits.detach(), s.images, {name: m.detach() for name, m in s.maps.items()})
        values["discriminator"] = losses.discriminator(r, q)
        values["discriminator-accuracy"] = losses.discriminator_accuracy(r, q)
        updated = values["discriminator-accuracy"] <= self.method.adversary.threshold
        values["discriminator-updated"] = float(updated)
        if updated:
            self.judge_optimizer.zero_grad()
            values["discriminator"].backward()
            self.judge_optimizer.step()


def count(network):
    return sum(p.numel() for p in network.parameters())


def stated(m):
    """Rows of what no loss shows, and the parameters of the networks at their published widths."""
    rows = {**m.stated, "channels": " ".join(m.channels), "batch": m.batch, "optimizer": m.optimizer["kind"],
            "learning-rate": m.optimizer["lr"], "weight-decay": m.optimizer["weight_decay"]}
    if "betas" in m.optimizer:
        rows.update({"betas": " ".join(map(str, m.optimizer["betas"])), "epsilon": m.optimizer["eps"]})
    else:
        rows.update({"momentum": m.optimizer["momentum"], "nesterov": "off"})
    with torch.device("meta"):
        rows["parameters"] = count(m.built(m.width))
        if rows["parameters"] != m.parameters:
            raise SystemExit(f"{m}: {rows['parameters']} parameters, published are {m.parameters}")
        if m.adversary:
            a = m.adversary
            published = DISCRIMINATORS[a.maps, a.k]
            if count(PatchDiscriminator(len(m.channels), 4, a.k, a.maps)) != published:
                raise SystemExit(f"{m}: the discriminator has not its {published} parameters")
            rows.update({"update-below-accuracy": a.threshold, "discriminator-learning-rate": a.learning_rate,
                         "discriminator-betas": " ".join(map(str, a.betas)),
                         "discriminator-parameters": published})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV to write")
    torch.set_num_threads(1)
    with open(parser.parse_args().file, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["paper", "method", "step", "quantity", "value"])
        done = {}  # rows that differ in their cases alone share an object, and its losses
        for paper, methods in METHODS.items():
            for name, m in methods.items():
                for quantity, value in {"program": m.program, "teacher": m.teacher or "none", **stated(m)}.items():
                    writer.writerow([paper, name, "stated", quantity, value])
                if id(m) not in done:
                    training = Training(m, methods[m.teacher] if m.teacher else None)
                    done[id(m)] = [training.step(step) for step in range(len(EPOCHS))]
                for step, values in enumerate(done[id(m)]):
                    for quantity, value in values.items():
                        writer.writerow([paper, name, step, quantity, repr(value)])


if __name__ == "__main__":
    main()
