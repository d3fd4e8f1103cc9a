"""Layers for images and sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from benchmarks.tables.preprocessing.layer_case import Cases, make_layer, name_row


def list_images() -> Cases:
    """Yield the rows of images."""
    images = {"image": np.random.default_rng(2).uniform(0, 255, (6, 12, 10, 3)).astype(np.float32)}
    for interpolation in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5"):
        options: dict[str, Any] = {"interpolation": interpolation}
        yield name_row("Resizing", options), make_layer("Resizing", height=8, width=9, **options), images
    for options in ({"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}, {"antialias": True}):
        yield name_row("Resizing", options), make_layer("Resizing", height=8, width=9, **options), images
    yield "CenterCrop", make_layer("CenterCrop", height=8, width=7), images
    yield "CenterCrop of a smaller image", make_layer("CenterCrop", height=20, width=20), images
    yield "AutoContrast", make_layer("AutoContrast", value_range=(0, 255)), images
    equalize = make_layer("ContrastLimitedAdaptiveHistogramEqualization", value_range=(0, 255), tile_grid_size=(2, 2))
    yield "ContrastLimitedAdaptiveHistogramEqualization", equalize, images
    yield "MaxNumBoundingBoxes", make_layer("MaxNumBoundingBoxes", max_number=3), images
    yield "Equalization", make_layer("Equalization", value_range=(0, 255)), images
    yield "Solarization", make_layer("Solarization", threshold_factor=0.5, value_range=(0, 255)), images
    for name, options in _RANDOM.items():
        yield name, make_layer(name, **options), images


_RANDOM: Final[Mapping[str, dict[str, Any]]] = {
    "AugMix": {"value_range": (0, 255)},
    "CutMix": {},
    "MixUp": {},
    "RandAugment": {"value_range": (0, 255)},
    "RandomBrightness": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.2},
    "RandomColorJitter": {"value_range": (0, 255), "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomCrop": {"height": 8, "width": 7},
    "RandomElasticTransform": {},
    "RandomErasing": {},
    "RandomFlip": {},
    "RandomGaussianBlur": {},
    "RandomGrayscale": {},
    "RandomHue": {"factor": 0.2},
    "RandomInvert": {},
    "RandomPerspective": {},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.2},
    "RandomSharpness": {"factor": 0.2},
    "RandomShear": {"x_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
}
"""Layers that change nothing outside of training, RandomCrop apart, which then resizes and crops at the centre."""


def list_sounds() -> Cases:
    """Yield the rows of sound."""
    sound = {"sound": np.random.default_rng(3).normal(size=(4, 2_000)).astype(np.float32)}
    yield "MelSpectrogram", make_layer("MelSpectrogram", fft_length=256, sequence_stride=128, num_mel_bins=20), sound
    for mode in ("log", "magnitude", "psd", "real", "imag", "stft", "angle"):
        options: dict[str, Any] = {"mode": mode}
        layer = make_layer("STFTSpectrogram", frame_length=256, frame_step=128, fft_length=256, **options)
        yield name_row("STFTSpectrogram", options), layer, {"sound": sound["sound"][..., None]}
