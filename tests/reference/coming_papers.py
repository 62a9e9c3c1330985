"""Losses, updates and counts of MKD (Li et al. 2020) and of the model distillation of Nalwade & Kisa, checked against
the numbers that were worked out by hand when the papers were read.

coming_papers.py [--print] prints every value that differs from the number written here beside it, and how many agree.
Exit code 1 when one differs. --print: mean and L2 norm of what each network gives, at small width, filled by formula
(closed_form.fill), for the images sin(0.011 i): what an implementation of them can be compared with.
"""

import hashlib
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

import coming_networks as nets
from closed_form import fill, wave

results = []


def check(name, value, expected, tolerance=1e-5):
    """Each number of `value` within `tolerance` (relative from 1 on) of `expected`."""
    value = np.atleast_1d(np.asarray(value.detach() if torch.is_tensor(value) else value, dtype=float)).ravel()
    expected = np.atleast_1d(np.asarray(expected, dtype=float)).ravel()
    fits = value.shape == expected.shape and bool(
        np.all(np.abs(value - expected) <= tolerance * np.maximum(1, np.abs(expected))))
    results.append(fits)
    if not fits:
        print(f"{name}: computed {value.tolist()}, written {expected.tolist()}")


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def count(module):
    return sum(p.numel() for p in module.parameters())


def macs(module, *inputs):
    """Multiply-accumulates of the convolutions and linear layers of one forward pass."""
    total = 0

    def add(layer, _, output):
        nonlocal total
        if isinstance(layer, nets.nn.Linear):
            total += layer.weight.numel()
        elif isinstance(layer, (nets.nn.ConvTranspose2d, nets.nn.ConvTranspose3d)):
            # each input value meets every weight of its channel once
            total += _[0].numel() // _[0].shape[1] * layer.weight.numel()
        else:
            total += output.numel() // output.shape[1] * layer.weight.numel()

    kinds = (nets.nn.Conv2d, nets.nn.Conv3d, nets.nn.ConvTranspose2d, nets.nn.ConvTranspose3d, nets.nn.Linear)
    hooks = [m.register_forward_hook(add) for m in module.modules() if isinstance(m, kinds)]
    output = module(*inputs)
    for hook in hooks:
        hook.remove()
    return total, output


# --- MKD: losses -----------------------------------------------------------------------------------------------------


def cross_entropy(p, y, weights=None):
    """-mean of log p at the label; with class weights the mean of the weighted values."""
    nll = -torch.log(p.gather(1, y.unsqueeze(1)).squeeze(1))
    return (nll if weights is None else tensor(weights)[y] * nll).mean()


def soft_dice(p, y):
    """1 - mean over all classes of 2 sum p g / (sum p^2 + sum g + 1e-7), sums over the batch; p [pixels, K]."""
    g = F.one_hot(y, p.shape[1]).double()
    return 1 - (2 * (p * g).sum(0) / ((p**2).sum(0) + g.sum(0) + 1e-7)).mean()


def supervised(p, y):
    return cross_entropy(p, y) + soft_dice(p, y)


def distilled(teacher, student_logits):
    """Soft cross-entropy at temperature 1, the teacher's probabilities as they are."""
    return -(teacher.detach() * torch.log_softmax(student_logits, 1)).sum(1).mean()


def least_squares_d(real, fake):
    return 0.5 * (((real - 1)**2).mean() + (fake**2).mean())


def least_squares_g(fake):
    return ((fake - 1)**2).mean()


def cycle(x, restored):
    return (restored - x).abs().mean()


P7, Y7 = tensor([[.9, .1], [.2, .8]]), torch.tensor([0, 1])


def mkd_losses():
    sup = supervised(P7, Y7)
    check("N7 cross-entropy, Dice, sum", [cross_entropy(P7, Y7), soft_dice(P7, Y7), sup], [0.164252, 0.028665, 0.192917])
    check("N7 by frequency", cross_entropy(P7, Y7, [0.5, 0.5]), 0.082126)

    logits = torch.log(tensor([[.6, .4], [.5, .5]])).requires_grad_()
    kd = distilled(P7, logits)
    entropy = -(P7 * P7.log()).sum(1).mean()
    check("N8 soft cross-entropy, entropy, KL", [kd.item(), entropy, kd.item() - entropy.item()],
          [0.622260, 0.412743, 0.209517])
    check("N8 gradient", torch.autograd.grad(kd, logits)[0], [[-.15, .15], [.15, -.15]])
    equal = torch.log(P7).requires_grad_()
    kd_equal = distilled(P7, equal)
    check("N8 student = teacher", kd_equal, 0.412743)
    check("N8 student = teacher, gradient", torch.autograd.grad(kd_equal, equal)[0], np.zeros((2, 2)), 1e-12)
    check("N9", [(sup + 0.5 * kd).item(), (sup + 1.0 * kd).item()], [0.504047, 0.815177])

    background = torch.zeros(8, dtype=torch.long)
    uniform = torch.full((8, 8), 1 / 8)
    check("N10", [soft_dice(F.one_hot(background, 8).double(), background), soft_dice(uniform, torch.arange(8)),
                  soft_dice(uniform, background)], [0.875, 0.777778, 0.969231])

    real, fake = tensor([.8, .5]), tensor([.3, -.1])
    check("N11", [least_squares_d(real, fake), least_squares_g(fake)], [0.0975, 0.85])
    real, fake = tensor([2., 0]), tensor([-1., 1])
    both = F.softplus(-real).mean() + F.softplus(fake).mean()
    check("N12", [both, 0.5 * both, F.softplus(-fake).mean(), -F.softplus(fake).mean()],
          [1.223299, 0.611650, 0.813262, -0.813262])
    check("N13 cycle", cycle(tensor([.5, -.5]), tensor([.4, .1])), 0.35)
    gan = 0.85 + 10 * (0.35 + 0.05)
    check("N13", [gan, gan + sup], [4.85, 5.042917])


@torch.no_grad()
def zeroed(module):
    """Convolutions without weights and biases; norms as they start."""
    for layer in module.modules():
        if isinstance(layer, (nets.nn.Conv2d, nets.nn.ConvTranspose2d)):
            layer.weight.zero_()
            if layer.bias is not None:
                layer.bias.zero_()
    return module


def probabilities(logits):
    """[N, K, H, W] -> [pixels, K]."""
    return torch.softmax(logits.movedim(1, -1).flatten(0, -2), 1)


def mkd_zero_networks():
    side = 32
    half = torch.full((1, 1, side, side), 0.5)
    g = zeroed(nets.Generator(ngf=4))
    with torch.no_grad():
        there = g(half)
        check("N14 G", [there.mean(), g(there).mean(), g(-2 * half).mean()], [0.462117, 0.431808, -0.761594], 1e-6)
        check("N14 G, spread", there.max() - there.min(), 0, 1e-12)
        check("N14 cyclegan", zeroed(nets.Generator("cyclegan", ngf=4))(half).abs().max(), 0, 1e-12)
    zero = torch.zeros(1)
    check("N14 D = 0", [least_squares_d(zero, zero), least_squares_g(zero)], [0.5, 1])
    y = torch.zeros(side * side, dtype=torch.long)
    s = zeroed(nets.ResUNet2d(width=2))
    logits = s(half).movedim(1, -1).flatten(0, -2)
    check("N14 S", cross_entropy(torch.softmax(logits, 1), y), 2.079442)
    teacher = torch.softmax(torch.sin(torch.arange(side * side * 8.0)).reshape(-1, 8), 1)
    check("N14 distilled from any teacher", distilled(teacher, logits), 2.079442)
    mkd_first_iteration(half, y)


def mkd_first_iteration(x_a, y):
    """N15 and N18: the whole of it, steps 2 to 8, with networks without weights."""
    x_t = -x_a
    g_at, g_ta = zeroed(nets.Generator(ngf=4)), zeroed(nets.Generator(ngf=4))
    d_t, d_a = zeroed(nets.PatchGan(ndf=4)), zeroed(nets.PatchGan(ndf=4))
    s_syn, s_real = zeroed(nets.ResUNet2d(width=2)), zeroed(nets.ResUNet2d(width=2))
    adam = torch.optim.Adam(g_at.parameters(), 2e-4, (0.5, 0.999))

    x_at, x_ta = g_at(x_a), g_ta(x_t)
    gan = least_squares_g(d_t(x_at)) + 10 * (cycle(x_a, g_ta(x_at)) + cycle(x_t, g_at(x_ta)))
    sup = supervised(probabilities(s_syn(x_at)), y)
    check("N15 step 2: L_gan", gan, 2.363836, 1e-6)
    check("N15 step 2: L_sup", sup, 3.048672, 1e-6)
    check("N15 step 2: total", gan + sup, 5.412509, 1e-6)
    check("N15 L_D^t", least_squares_d(d_t(x_t), d_t(x_at.detach())), 0.5)
    before = [p.detach().clone() for p in g_at.parameters()]
    (gan + sup).backward()
    adam.step()
    moved = torch.cat([(p - q).abs().flatten() for p, q in zip(g_at.parameters(), before)]).detach()
    slope = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).abs().flatten() for p in g_at.parameters()])
    check("N18 largest step of Adam", float(moved.max() <= 2e-4 + 1e-9), 1)
    check("N18 where the gradient is at least 1e-6", moved[slope >= 1e-6] / 2e-4, np.ones(int((slope >= 1e-6).sum())),
          0.01)

    x_ta, x_at = g_ta(x_t), g_at(x_a)
    gan = least_squares_g(d_a(x_ta)) + 10 * (cycle(x_a, g_ta(x_at)) + cycle(x_t, g_at(x_ta)))
    check("N15 step 4: L_gan", gan, 2.3638, 5e-3 / 2.3638)
    check("N15 L_D^a", least_squares_d(d_a(x_a), d_a(x_ta.detach())), 0.5)
    x_at = x_at.detach()
    syn_at, syn_t, real_t, real_at = s_syn(x_at), s_syn(x_t), s_real(x_t), s_real(x_at)

    def flat(z):
        return z.movedim(1, -1).flatten(0, -2)

    l_real = supervised(probabilities(real_t), y) + 0.5 * distilled(probabilities(syn_at), flat(real_at))
    l_syn = supervised(probabilities(syn_at), y) + 1.0 * distilled(probabilities(real_t), flat(syn_t))
    check("N15 segmentors", [l_real.item(), l_syn.item()], [4.088393, 5.128114])


def mapped(z, low, high):
    return min(1.0, max(-1.0, 2 * (z - low) / (high - low) - 1))


def mkd_rest():
    check("N16", [mapped(0, -1.8, 4.4), mapped(0, -2.8, 3.2), mapped(-1.8, -1.8, 4.4), mapped(4.4, -1.8, 4.4),
                  mapped(9, -1.8, 4.4), mapped(-9, -1.8, 4.4)], [-0.419355, -0.066667, -1, 1, 1, -1], 1e-6)
    check("N17", [2e-4 * 0.9**(e // 2) for e in (0, 1, 2, 3, 4, 10, 19)],
          [2e-4, 2e-4, 1.8e-4, 1.8e-4, 1.62e-4, 1.180980e-4, 7.748410e-5], 1e-10)
    pair = tensor([[.70, .29, .01], [.01, .30, .69]])
    check("N19 mean", pair.mean(0), [.355, .295, .350], 1e-9)
    check("N19 classes", [pair.mean(0).argmax(), pair.log().mean(0).argmax()], [0, 1])

    def dice(a, b):
        return 2 * (a & b).sum() / (a.sum() + b.sum())

    truth, found = np.zeros((2, 9), bool), np.zeros((2, 9), bool)
    truth[0, :4] = found[0, :4] = truth[1, 0] = True
    check("N20", [dice(truth, found), (dice(truth[0], found[0]) + dice(truth[1], found[1])) / 2], [0.888889, 0.5], 1e-6)
    codes = [0, 205, 420, 500, 550, 600, 820, 850]
    recoded = [codes.index(420 if code == 421 else code) for code in (0, 205, 420, 421, 500, 550, 600, 820, 850)]
    check("N21", recoded, [0, 1, 2, 2, 3, 4, 5, 6, 7])
    check("N21, 999 is unknown", float(999 in codes), 0)
    mkd_pool()


class Pool:
    """Fifty entries: until it is full, an image is kept and given back; then with probability 1/2 it takes the place of
    another one, which is given back."""

    def __init__(self, size=50, seed=0):
        self.size, self.kept, self.random = size, [], np.random.default_rng(seed)

    def query(self, image):
        image = image.detach()
        if len(self.kept) < self.size:
            self.kept.append(image)
            return image
        if self.random.random() < 0.5:
            return image
        place = self.random.integers(self.size)
        image, self.kept[place] = self.kept[place], image
        return image


def mkd_pool():
    pool, same, largest, gradients = Pool(), 0, 0, 0
    for i in range(1000):
        image = torch.full((1, 2, 2), float(i)).requires_grad_()
        given = pool.query(image)
        same += i < 50 and torch.equal(given, image)
        largest = max(largest, len(pool.kept))
        gradients += given.requires_grad
    check("N22", [same, largest, gradients], [50, 50, 0])


def mkd_networks():
    with torch.device("meta"):
        x = torch.empty(1, 1, 256, 256)
        for name, module, parameters, tensors, shape, gmac in [
                ("N1 sifa", nets.Generator(), 2_849_537, 94, (1, 256), 12.29),
                ("N1 cyclegan", nets.Generator("cyclegan"), 11_365_633, 48, (1, 256), 48.73),
                ("N2 sifa", nets.PatchGan(), 2_763_520, 11, (1, 35), 3.58),
                ("N2 cyclegan", nets.PatchGan("cyclegan"), 2_762_689, 10, (1, 30), 3.11),
                ("N3", nets.ResUNet2d(), 4_041_496, 121, (8, 256), 6.59)]:
            work, out = macs(module, x)
            check(f"{name} parameters, tensors", [count(module), len(list(module.parameters()))], [parameters, tensors])
            check(f"{name} output", out.shape, [1, shape[0], shape[1], shape[1]])
            check(f"{name} GMAC", work / 1e9, gmac, 0.005 / gmac)
        check("cyclegan, ngf 32", count(nets.Generator("cyclegan", 32)), 2_844_289)
        s = nets.ResUNet2d()
        norms = [m for m in s.modules() if isinstance(m, nets.nn.BatchNorm2d)]
        check("N3 norms, running means", [len(norms), sum(m.num_features for m in norms)], [37, 3200])
        wide = nets.ResUNet2d(width=32)
        check("twice as wide", count(wide), 16_152_616)
        check("twice as wide, GMAC", macs(wide, x)[0] / 1e9, 26.34, 0.005 / 26)
        units = [(16, 16, 1), (16, 32, 2), (32, 32, 1), (128, 256, 2), (256, 256, 1), (384, 128, 1), (48, 16, 1)]
        check("N4", [count(nets.ResidualUnit(*u)) for u in units],
              [4_672, 14_432, 18_560, 918_272, 1_180_672, 640_000, 10_112])
        stages = [s.stem, *s.enc, *s.dec, s.head]
        check("stages", [count(m) for m in stages], [144, 9_344, 32_992, 131_520, 525_184, 2_098_944, 935_424, 234_240,
                                                     58_752, 14_784, 168])
        shared = count(s.enc[4]) + count(s.dec[0])
        check("N5", [2 * count(s) - shared, shared], [5_048_624, 3_034_368])
        six = 2 * (count(nets.Generator()) + count(nets.PatchGan()) + count(s))
        other = 2 * (count(nets.Generator("cyclegan")) + count(nets.PatchGan("cyclegan")) + count(s))
        check("six networks", [six, other], [19_309_106, 36_339_636])
        layers = [p.numel() for p in nets.PatchGan().parameters() if p.dim() == 4]
        check("convolutions of D", layers, [1_024, 131_072, 524_288, 2_097_152, 8_192])
        refused = 0
        try:
            s(torch.empty(1, 1, 250, 250))
        except ValueError:
            refused = 1
        check("N6", refused, 1)


# --- model distillation ----------------------------------------------------------------------------------------------


def distillation_networks():
    with torch.device("meta"):
        x = torch.empty(1, 4, 128, 128, 128)
        check("U-Net", [count(nets.UNet(w)) for w in (30, 32, 16, 8)], [14_490_753, 16_486_691, 4_123_795, 1_032_011])
        check("U-Net with biases", count(nets.UNet(bias=True)), 14_493_063)
        net = nets.UNet()
        blocks = [*net.enc, net.bottom, *net.dec]
        convolutions = [(count(b[0]) + count(b[1]), count(b[3]) + count(b[4])) for b in blocks]
        check("U-Net by layer", convolutions,
              [(3300, 24360), (48720, 97320), (194640, 389040), (778080, 1555680), (3111360, 3110880),
               (3110880, 777840), (777840, 194520), (194520, 48660), (48660, 24360)])
        check("U-Net head", count(net.head), 93)
        check("U-Net GMAC", macs(net, x)[0] / 1e9, 392.4, 0.05 / 392)
        check("Residual", [count(nets.ResidualSegmentation(f)) for f in (32, 16, 8)], [18_798_627, 4_702_227, 1_176_843])
        r = nets.ResidualSegmentation()
        check("Residual by part", [count(r.first), *map(count, r.enc), *(count(d.narrow) for d in r.dec),
                                   *(count(d.block) for d in r.dec), count(r.head)],
              [3456, 55424, 498176, 1991680, 15044608, 32768, 8192, 2048, 885248, 221440, 55424, 163])
        work, (_, bottom) = macs(r, x)
        check("Residual GMAC", work / 1e9, 584.6, 0.05 / 584)
        check("Residual, f 16, GMAC", macs(nets.ResidualSegmentation(16), x)[0] / 1e9, 148.0, 0.05 / 148)
        check("Residual bottleneck", bottom.shape, [1, 256, 16, 16, 16])
        v = nets.VariationalBranch()
        check("branch by part", [count(v.down), count(v.to_latent), count(v.from_latent), count(v.widen) + count(v.after),
                                 *map(count, v.dec), count(v.head), count(v)],
              [111152, 2097408, 1056768, 4608, 918016, 229632, 57472, 196, 4_475_252])
        check("branch, flat", v.to_latent.in_features, 8192)
        check("Residual with branch", [count(r) + count(v), count(nets.VariationalBranch(16)),
                                       count(nets.ResidualSegmentation(16)) + count(nets.VariationalBranch(16))],
              [23_273_879, 3_513_684, 8_215_911])
        c = nets.Cascade()
        check("cascade", [count(c.net32), count(c.net64), count(c.net128), count(c)],
              [7_277_955, 1_822_115, 456_915, 9_556_985])
        check("cascade, four classes", count(nets.Cascade(4)), 9_557_124)
        work = [macs(c.net32, torch.empty(1, 4, 32, 32, 32))[0],
                macs(c.net64, torch.empty(1, 4, 64, 64, 64), {1: torch.empty(1, 3, 32, 32, 32)})[0],
                macs(c.net128, x, {2: torch.empty(1, 3, 32, 32, 32), 1: torch.empty(1, 3, 64, 64, 64)})[0]]
        check("cascade GMAC", [w / 1e9 for w in work], [7.22, 14.57, 29.62], 0.005 / 7)
        check("cascade GMAC, sum", sum(work) / 1e9, 51.4, 0.05 / 51)
        check("cascade outputs", [o.shape[2] for o in c(x)], [32, 64, 128])
        total, other = monai_counts(32), monai_counts(16)
        check("MONAI's form", [total, other], [25_214_743, 11_060_391])


def monai_counts(f):
    """MONAI's SegResNetVAE, counted from its code: the decoder is shared, the latent of 256 has two heads, and the way
    back is widened by 8 f channels in a convolution with bias."""
    seg = count(nets.ResidualSegmentation(f))
    v = nets.VariationalBranch(f)
    flat = 16 * 8**3
    # down, two heads of 256, back from 256, the widening 1x1x1 convolution and its norm, the images' head
    return seg + count(v.down) + 2 * (flat * 256 + 256) + (256 * flat + flat) + count(v.widen) + count(v.after) + \
        count(v.head)


def largest_remainder(total, shares):
    exact = [total * s / sum(shares) for s in shares]
    floor = [math.floor(e) for e in exact]
    order = sorted(range(len(shares)), key=lambda i: (floor[i] - exact[i], i))
    for i in order[:total - sum(floor)]:
        floor[i] += 1
    return floor


def dice_overlap(p, g, smoothing=1e-5, linear=False, linear_target=False):
    below = (p.sum() + g.sum()) if linear else (p**2).sum() + (g.sum() if linear_target else (g**2).sum())
    return (2 * (p * g).sum() + smoothing) / (below + smoothing)


def decoded(wt, tc, et):
    label = 2 if wt else 0
    label = 1 if tc else label
    return 4 if et else label


TABLE = {"U-Net": (0.71871, 0.81343, 0.84591), "Residual": (0.72585, 0.80872, 0.86415),
         "Cascaded": (0.72197, 0.81129, 0.85654), "Ensemble": (0.74916, 0.81733, 0.87682),
         "Distilled": (0.75187, 0.82661, 0.87074)}


def distillation_numbers():
    shares = (335, 66, 191)
    check("splits", [largest_remainder(n, shares) for n in (259, 76)], [(147, 29, 83), (43, 8, 25)])
    check("splits of 2019", [largest_remainder(n, (335, 125, 166)) for n in (259, 76)], [(138, 52, 69), (41, 15, 20)])
    pool = [(math.floor(v / 2), math.floor(0.2 * t + 0.5)) for v, t in ((29, 83), (8, 25))]
    check("pool", pool, [(14, 17), (4, 5)])
    ids = [f"SYN_{i:03d}" for i in range(10)]
    digest = {i: hashlib.sha256(f"distill-v1:{i}".encode()).hexdigest() for i in ids}
    check("order by hash", [int(i[4:]) for i in sorted(ids, key=lambda i: (digest[i], i))],
          [2, 6, 5, 9, 0, 1, 3, 8, 4, 7])
    check("a digest", float(digest["SYN_000"].startswith("b51afc40f78a1ee6")), 1)

    values = np.array([0., 0, 2, 4, 6])
    inside = values[values != 0]
    mean, deviation = inside.mean(), inside.std()
    check("z-score", [mean, deviation, *(inside - mean) / deviation, (0 - mean) / deviation],
          [4, 1.6329932, -1.2247449, 0, 1.2247449, -2.4494897], 1e-7)

    p, g = tensor([.8, .2, .6, .4]), tensor([1., 0, 1, 0])
    bce = F.binary_cross_entropy(p, g)
    overlap = dice_overlap(p, g, 0)
    check("loss", [overlap, 1 - overlap, bce, 1 - overlap + bce, dice_overlap(p, g, 0, linear=True)],
          [0.875, 0.125, 0.3669846, 0.4919846, 0.7], 1e-7)
    half = tensor([.5])
    check("soft", [dice_overlap(half, half, 0), dice_overlap(half, half, 0, linear_target=True)], [1, 0.6666667], 1e-7)
    nothing = torch.zeros(4, requires_grad=True)
    empty = dice_overlap(nothing, torch.zeros(4))
    empty.backward()
    check("an empty channel", [empty.item(), 1 - empty.item(), float(nothing.grad.isfinite().all())], [1, 0, 1])
    check("a logit of -100", F.binary_cross_entropy_with_logits(tensor([-100.]), tensor([1.])), 100)

    mean, log_variance = torch.full((128,), 0.5), torch.zeros(128)
    kl = (mean**2 + log_variance.exp() - log_variance - 1).sum()
    check("KL", [kl, kl / 128], [32, 0.25])
    check("KL over the image", kl / (4 * 128**3) * 1e6, 3.8146973, 1e-7)
    check("rates of the U-Net", [2e-4 * 0.6**(e // 28) * 1e6 for e in (0, 27, 28, 279)], [200, 200, 120, 2.0155392], 1e-7)
    check("rates of the cascade", [0.1 * 0.85**(e // 28) for e in (0, 27, 28, 279)], [0.1, 0.1, 0.085, 0.02316169], 1e-8)
    check("ensemble", [np.mean([.2, .6, .8]) > 0.5, np.mean([.5, .5, .5]) > 0.5], [1, 0])
    check("ensemble, mean", np.mean([.2, .6, .8]), .5333, 1e-4)
    check("labels", [decoded(0, 1, 0), decoded(1, 1, 1), decoded(1, 0, 0), decoded(0, 0, 0)], [1, 4, 2, 0])

    check("means of the table", [np.mean(row) for row in TABLE.values()], [0.79268, 0.79957, 0.79660, 0.81444, 0.81641],
          5.01e-6)
    rows = {name: np.array(row) for name, row in TABLE.items()}
    check("distilled - ensemble", rows["Distilled"] - rows["Ensemble"], [0.00271, 0.00928, -0.00608], 5e-7)
    check("distilled - residual", rows["Distilled"] - rows["Residual"], [0.02602, 0.01789, 0.00659], 5e-7)


def outputs():
    """Of each network under a name that tells its width."""
    flat, deep, four = wave((1, 1, 64, 64)), wave((1, 4, 32, 32, 32)), wave((1, 4, 64, 64, 64))
    yield "Generator, sifa, ngf 4, 64 squared", fill(nets.Generator(ngf=4))(flat)
    yield "Generator, cyclegan, ngf 4, 64 squared", fill(nets.Generator("cyclegan", 4))(flat)
    yield "PatchGan, sifa, ndf 4, 64 squared", fill(nets.PatchGan(ndf=4))(flat)
    yield "PatchGan, cyclegan, ndf 4, 64 squared", fill(nets.PatchGan("cyclegan", 4))(flat)
    yield "ResUNet2d, width 4, batch statistics, 64 squared", fill(nets.ResUNet2d(width=4))(flat)
    yield "ResUNet2d, width 4, running statistics 0 and 1, 64 squared", fill(nets.ResUNet2d(width=4)).eval()(flat)
    yield "UNet, width 4, 32 cubed", fill(nets.UNet(4))(deep)
    logits, bottom = fill(nets.ResidualSegmentation(8))(deep)
    yield "ResidualSegmentation, f 8, 32 cubed", logits
    yield "ResidualSegmentation, f 8, 32 cubed, deepest map", bottom
    branch = fill(nets.VariationalBranch(8, side=2))
    images, mean, log_variance = branch(bottom, wave((1, 128), step=0.017, function=torch.cos))
    yield "VariationalBranch, f 8, of that map, sample cos(0.017 i)", images
    yield "VariationalBranch, mean", mean
    yield "VariationalBranch, log variance", log_variance
    for size, logits in zip((16, 32, 64), fill(nets.Cascade())(four)):
        yield f"Cascade, {size} cubed", logits


def main():
    torch.set_num_threads(1)
    if "--print" in sys.argv[1:]:
        with torch.no_grad():
            for name, x in outputs():
                print(f"{name}: mean {x.mean():.10g}, L2 {torch.linalg.vector_norm(x):.10g}")
    for part in (mkd_losses, mkd_zero_networks, mkd_rest, mkd_networks, distillation_networks, distillation_numbers):
        part()
    print(f"{sum(results)} of {len(results)} checks agree")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
