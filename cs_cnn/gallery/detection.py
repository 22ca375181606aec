"""Detection after Faster R-CNN (Ren, He, Girshick, Sun 2015): one network proposes and decides.

A trunk makes features. At each of their places three anchor boxes of different sizes ask "is there
something?" and are moved onto it: the proposals. A second head cuts each proposal's features out,
says what it is, and moves its box once more. Both heads learn at the same time.

Letters: `n` images, `K` classes, `A` anchors of an image, `P` proposals of an image.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result
from cs_cnn.gallery.blobs import Blobs
from cs_cnn.gallery.boxes import average_precision, iou, nms
from cs_cnn.gallery.scenes import CLASSES, SIZE, scenes
from cs_cnn.gallery.train import convnet, fit, predict

STRIDE, SIDES, MOST_LIKELY, K = 4, (9, 14, 19), 36, len(CLASSES)


class Detector(nn.Module):
    """Proposals (n, P, 4), their class scores (n, P, 1 + K) and their final boxes (n, P, 4)."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(convnet(16, 32, 48), nn.Conv2d(48, 48, 3, padding=1), nn.ReLU())
        self.propose = nn.Conv2d(48, 5 * len(SIDES), 3, padding=1)
        self.inside = nn.Sequential(nn.Flatten(2), nn.Linear(48 * 25, 96), nn.ReLU())
        self.classify, self.move = nn.Linear(96, 1 + K), nn.Linear(96, 4)
        middles = (torch.arange(SIZE // STRIDE) + 0.5) * STRIDE
        y, x, half = torch.meshgrid(middles, middles, torch.tensor(SIDES) / 2, indexing="ij")
        anchors = torch.stack([x - half, y - half, x + half, y + half], dim=-1).reshape(-1, 4)
        self.register_buffer("anchors", anchors)

    def proposals(self, features):
        """Is there something at each anchor (n, A), and how to move the anchor there (n, A, 4)."""
        out = self.propose(features).permute(0, 2, 3, 1).reshape(len(features), -1, 5)
        return out[..., 0], out[..., 1:]

    def decide(self, features, boxes):
        """Class scores and moves for boxes (n, P, 4), each from 5 x 5 samples of the features."""
        steps = (torch.arange(5, device=boxes.device) + 0.5) / 5
        low, side = boxes[..., None, :2], boxes[..., None, 2:] - boxes[..., None, :2]
        x, y = (low + side * steps[:, None]).unbind(dim=-1)  # each (n, P, 5)
        x, y = torch.broadcast_tensors(x[:, :, None, :], y[..., None])
        grid = 2 * torch.stack([x, y], dim=-1).flatten(2, 3) / SIZE - 1
        cut = F.grid_sample(features, grid, align_corners=False).transpose(1, 2)
        inner = self.inside(cut)
        return self.classify(inner), self.move(inner)

    def forward(self, x):
        features = self.trunk(x)
        objectness, moves = self.proposals(features)
        best = objectness.topk(MOST_LIKELY).indices[..., None].expand(-1, -1, 4)
        boxes = moved(self.anchors.expand_as(moves).gather(1, best), moves.gather(1, best))
        scores, moves = self.decide(features, boxes)
        return boxes, scores.softmax(dim=-1), moved(boxes, moves)


def moves_to(boxes, anchors):
    """How to shift and stretch anchors (..., 4) onto boxes (..., 4), in fifths of their sizes."""
    size, goal = anchors[..., 2:] - anchors[..., :2], boxes[..., 2:] - boxes[..., :2]
    shift = (boxes[..., :2] + goal / 2 - anchors[..., :2] - size / 2) / size
    return torch.cat([5 * shift, 5 * (goal.clamp(min=1) / size).log()], dim=-1)


def moved(anchors, moves):
    """Anchors (..., 4) after moves (..., 4): the inverse of `moves_to`, cut at the image's edge."""
    size = anchors[..., 2:] - anchors[..., :2]
    middle = anchors[..., :2] + size / 2 + size * moves[..., :2] / 5
    size = size * (moves[..., 2:] / 5).clamp(-2, 2).exp()
    return torch.cat([middle - size / 2, middle + size / 2], dim=-1).clamp(0, SIZE)


def overlaps(a, b):
    """Intersection over union of boxes (n, A, 4) with boxes (n, M, 4): (n, A, M)."""
    low = torch.maximum(a[:, :, None, :2], b[:, None, :, :2])
    high = torch.minimum(a[:, :, None, 2:], b[:, None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    area_a, area_b = ((box[..., 2:] - box[..., :2]).prod(dim=-1) for box in (a, b))
    return shared / (area_a[:, :, None] + area_b[:, None] - shared).clamp(min=1e-6)


def loss(model, x, boxes, labels):
    """Four losses in one: is there something, and where; what is it, and where exactly."""
    features = model.trunk(x)
    objectness, moves = model.proposals(features)
    anchors = model.anchors.expand(len(x), -1, -1)
    _, some, where = compare(anchors, moves, boxes)
    weight = torch.where(some, 4.0, 1.0)  # most anchors show nothing
    there = F.binary_cross_entropy_with_logits(objectness, some.float(), weight)
    with torch.no_grad():  # the second head learns from proposals, and from true boxes, shaken
        best = objectness.topk(MOST_LIKELY // 3).indices[..., None].expand(-1, -1, 4)
        proposed = moved(anchors.gather(1, best), moves.gather(1, best))
        shaken = moved(boxes, 0.6 * torch.randn_like(boxes))
        proposed = torch.cat([proposed, shaken], dim=1)
    scores, moves = model.decide(features, proposed)
    near, some, exactly = compare(proposed, moves, boxes)
    what = torch.where(some, 1 + labels.gather(1, near), 0)
    return there + where + F.cross_entropy(scores.transpose(1, 2), what) + exactly


def compare(anchors, moves, boxes):
    """For each anchor: its nearest object, whether it shows it, and how wrong its moves are."""
    value, near = overlaps(anchors, boxes).max(dim=2)
    some = value >= 0.5
    goal = moves_to(boxes.gather(1, near[..., None].expand(-1, -1, 4)), anchors)
    wrong = F.smooth_l1_loss(moves[some], goal[some], reduction="sum")
    return near, some, wrong / some.sum().clamp(min=4)


def run(seed=0, steps=260, n=1500, iou=iou, nms=nms):
    """Train the detector and compare it with blobs of colour, as mean average precision.

    Parameters
    ----------
    seed, steps : int
    n : int
        Training images.
    iou, nms : callable
        As in `cs_cnn.gallery.boxes`; they choose the final boxes.

    Returns
    -------
    Result
        Arrays: images; per image `proposals`, `boxes` and `scores` (P, 1 + K) before any choice;
        `truth` and `labels`.
    """
    train, test = scenes(n, (seed, 0)), scenes(200, (seed, 1))
    data = (train.images, train.boxes, train.labels)
    model = fit(Detector, data, loss, steps, batch=24, lr=4e-3, seed=seed)
    proposals, scores, boxes = predict(model, test.images)
    found = [pick(*one, iou, nms) for one in zip(boxes, scores, strict=True)]
    blobs = Blobs(train)
    return Result(
        "mean average precision",
        mean_average_precision(found, test),
        mean_average_precision([blobs.boxes(image) for image in test.images], test),
        "blobs of colour",
        {
            "images": test.images,
            "proposals": proposals,
            "boxes": boxes,
            "scores": scores,
            "truth": test.boxes,
            "labels": test.labels,
        },
    )


def pick(boxes, scores, iou=iou, nms=nms, least=0.05):
    """The final boxes of one image: for each class non-maximum suppression.

    Parameters
    ----------
    boxes : array (P, 4)
    scores : array (P, 1 + K)
    iou, nms : callable
    least : float
        Boxes with a lower score are dropped.

    Returns
    -------
    list of (label, score, box)
    """
    found = []
    for label in range(K):
        likely = np.flatnonzero(scores[:, 1 + label] > least)
        own, score = boxes[likely], scores[likely, 1 + label]
        found += [(label, float(score[k]), own[k]) for k in nms(iou(own, own), score, 0.4)]
    return found


def mean_average_precision(found, test):
    """The mean over the classes of the average precision at an overlap of one half."""
    values = []
    for label in range(K):
        own = [(n, s, box) for n, one in enumerate(found) for c, s, box in one if c == label]
        truth = {n: test.boxes[n][test.labels[n] == label] for n in range(len(test.images))}
        values.append(average_precision(own, truth))
    return float(np.mean(values))
