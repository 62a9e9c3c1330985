"""Loss terms of HAD-Net, KD-Net, U-HeMIS and U-HVED, written from the papers; reductions and constants where the papers
are silent as the comments say. All maps are [N, K, D, H, W] in float64."""

import itertools

import torch

from networks import product_of_gaussians


def one_hot(labels, classes):
    return torch.nn.functional.one_hot(labels, classes).movedim(-1, 1).to(torch.float64)


def weighted_cross_entropy(logits, labels, weights):
    """sum_v w[y_v] nll_v / sum_v w[y_v] (HAD-Net, section 3.1: the weighted mean over voxels)."""
    nll = -torch.log_softmax(logits, 1).gather(1, labels.unsqueeze(1)).squeeze(1)
    w = torch.as_tensor(weights, dtype=torch.float64)[labels]
    return (w * nll).sum() / w.sum()


def decayed(weights, factor, epoch):
    """HAD-Net's class weights shrink by `factor` per epoch and never below 1; the background stays at 1."""
    return [max(1.0, w * factor**epoch) for w in weights]


def dice(a, b, smoothing=1e-5, squared=False):
    """1 - mean over samples and channels of the Dice overlap. KD-Net: sums of a and b below the fraction; U-HeMIS and
    U-HVED: sums of squares (Milletari et al. 2016)."""
    a, b = a.flatten(2), b.flatten(2)
    below = (a**2 + b**2 if squared else a + b).sum(2)
    return 1 - ((2 * (a * b).sum(2) + smoothing) / (below + smoothing)).mean()


def binary_cross_entropy(target, p):
    """Each channel against the rest, mean over voxels and channels; logarithms not below -100."""
    log = torch.clamp(torch.log(p), min=-100)
    log_rest = torch.clamp(torch.log(1 - p), min=-100)
    return -(target * log + (1 - target) * log_rest).mean()


def softmax_kl(teacher, student):
    """KD-Net, equation 3: sum_j q_j ln(q_j / p_j) of the flattened bottlenecks, normalized by a softmax; mean over the
    batch."""
    q, p = (torch.log_softmax(z.flatten(1), 1) for z in (teacher, student))
    return (torch.exp(q) * (q - p)).sum(1).mean()


def l1_kl(teacher, student):
    """The same with absolute values over their sum, 1e-8 added to each."""
    q, p = (m / m.sum(1, keepdim=True) for m in (z.flatten(1).abs() + 1e-8 for z in (teacher, student)))
    return (q * torch.log(q / p)).sum(1).mean()


def absolute_error(made, image):
    """Mean over the voxels that are not 0."""
    inside = image != 0
    return (made - image)[inside].abs().mean()


def adversarial(scores):
    """What pulls the student's scores to those of the teacher (HAD-Net, equation 1; Mao et al. 2017)."""
    return ((scores - 1)**2).mean()


def discriminator(of_teacher, of_student):
    """HAD-Net, equation 2: no factor 1/2."""
    return ((of_teacher - 1)**2).mean() + (of_student**2).mean()


def discriminator_accuracy(of_teacher, of_student):
    """Mean of both shares of patches on the right side; exactly 0.5 counts as right for both."""
    return ((of_teacher >= 0.5).double().mean() + (of_student <= 0.5).double().mean()).item() / 2


def gaussian_kl(first, second):
    """Mean over elements of the divergence of two diagonal Gaussians (mean, log variance), as in U-HVED's code."""
    (m1, lv1), (m2, lv2) = first, second
    return 0.5 * (-1 + lv2 - lv1 + (torch.exp(lv1) + (m1 - m2)**2) / (torch.exp(lv2) + 1e-7)).mean()


def latent_kl_parts(posterior, present, divisor=14):
    """One level of U-HVED: every non-empty subset against the given images (divided by 14, although 15 subsets are
    summed), and every subset against the prior (divided by their number)."""
    images = range(len(posterior))
    subsets = [s for n in range(1, len(posterior) + 1) for s in itertools.combinations(images, n)]
    own = product_of_gaussians([posterior[m] for m in images if present[m]])
    products = [product_of_gaussians([posterior[m] for m in s]) for s in subsets]
    prior = (torch.zeros_like(own[0]), torch.zeros_like(own[1]))
    between = sum(gaussian_kl(own, p) for p in products) / divisor
    return between, sum(gaussian_kl(p, prior) for p in products) / len(subsets)


def latent_kl(posteriors, present, divisor=14):
    """Mean over the four levels of both parts."""
    return sum(sum(latent_kl_parts(p, present, divisor)) for p in posteriors) / len(posteriors)


def weight_penalty(network, coefficient=1e-5):
    """Half the coefficient times the squared norm of each convolution, mean over the convolutions (U-HVED's code)."""
    weights = [p for p in network.parameters() if p.dim() == 5]
    return 0.5 * coefficient * sum((w**2).sum() for w in weights) / len(weights)
