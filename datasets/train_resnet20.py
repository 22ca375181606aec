"""Trains the small network whose weights come with the course: ResNet-20 on CIFAR-10.

    python datasets/train_resnet20.py OUT.pth --epochs 16

It needs CIFAR-10 (`cs-cnn data fetch cifar10`) and one to two hours of a processor's core. The
weights are saved in half precision, under a name that ends in the beginning of their SHA-256.
"""

import argparse
import hashlib
import io
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy, pad

from cs_cnn import imagenet, zoo
from cs_cnn.data import load_cifar10

BATCH = 128
PEAK = 0.15  # learning rate
DECAY = 5e-4  # of the weights


def tensors(x, y):
    """Images (N, 3, 32, 32), scaled as the zoo's networks expect, and their classes."""
    mean, std = (torch.tensor(a)[:, None, None] for a in (imagenet.MEAN, imagenet.STD))
    return (torch.tensor(x) - mean) / std, torch.tensor(y, dtype=torch.long)


def augmented(x):
    """Mirror every second image and shift each by up to 4 pixels."""
    x = torch.where((torch.rand(len(x)) < 0.5)[:, None, None, None], x.flip(3), x)
    shifts = torch.randint(0, 9, (len(x), 2)).tolist()
    wide = pad(x, (4, 4, 4, 4), mode="reflect")
    return torch.stack(
        [i[:, r : r + 32, c : c + 32] for i, (r, c) in zip(wide, shifts, strict=True)]
    )


def accuracy(model, x, y):
    """The share of images whose largest score is at the right class."""
    model.eval()
    with torch.inference_mode():
        best = torch.cat([model(part).argmax(dim=1) for part in x.split(500)])
    return (best == y).float().mean().item()


def train(model, x, y, epochs, report):
    """Nesterov momentum with a one-cycle learning rate (Smith 2018) and label smoothing."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}]
    optimizer = torch.optim.SGD(groups, lr=PEAK, momentum=0.9, nesterov=True)
    steps = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK, total_steps=epochs * steps, pct_start=0.25, cycle_momentum=False
    )
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(x))[: steps * BATCH].split(BATCH):
            inputs = augmented(x[rows]).contiguous(memory_format=torch.channels_last)
            loss = cross_entropy(model(inputs), y[rows], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        report(epoch, model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="where to save; the digits are added to the name")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    data = load_cifar10()
    x, y = tensors(data.x_train, data.y_train)
    x_test, y_test = tensors(data.x_test, data.y_test)
    model = zoo.build("resnet20").to(memory_format=torch.channels_last)
    began = time.perf_counter()

    def report(epoch, model):
        share = accuracy(model, x_test, y_test)
        print(f"epoch {epoch + 1}: {share:.2%} ({time.perf_counter() - began:.0f} s)", flush=True)

    train(model, x, y, options.epochs, report)
    file = io.BytesIO()
    torch.save({name: half(value) for name, value in model.state_dict().items()}, file)
    digits = hashlib.sha256(file.getvalue()).hexdigest()[:8]
    path = options.out.with_name(f"{options.out.stem}-{digits}.pth")
    path.write_bytes(file.getvalue())
    print(path)


def half(value):
    return value.contiguous().half() if value.is_floating_point() else value


if __name__ == "__main__":
    main()
