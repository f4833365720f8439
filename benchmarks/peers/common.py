"""Loading as the usual scripts do it: decode, transform and collate every picture anew, each time
it is used."""

from __future__ import annotations

from pathlib import Path

from torch.utils.data import DataLoader


def mnist_loader(root: Path, size: int, batch: int) -> DataLoader:
    """torchvision's MNIST with the scripts' transforms, loaded in the training process."""
    from torchvision import datasets, transforms

    steps = transforms.Compose(
        [transforms.Resize(size), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    )
    # The scripts train on the last, smaller batch of an epoch too; without it the two sides' steps
    # are alike.
    return DataLoader(
        datasets.MNIST(str(root), train=True, transform=steps), batch, shuffle=True, drop_last=True
    )


def folder_loader(folder: Path, size: int, batch: int, workers: int) -> DataLoader:
    """torchvision's ImageFolder with the scripts' transforms."""
    from torchvision import datasets, transforms

    steps = transforms.Compose(
        [
            transforms.Resize(size),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    return DataLoader(
        datasets.ImageFolder(str(folder), transform=steps),
        batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
