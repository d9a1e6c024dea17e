"""The distortions of App. A.4: R, RTS, P, E and TC, in batches, on the images' device.

A distortion is called as ``distortion(images, generator)`` with uint8 digits (B, 28, 28) and a
generator on the same device; it gives the same images for the same generator state. Digits are
read through the library's own grids and sampler. Imports the transforms and the sampler alone.
"""

from stn_core.distortions.clutter import Patches, TranslationClutter
from stn_core.distortions.distortion import DIGIT_PIXELS, DistortedImages, Distortion
from stn_core.distortions.elastic import Elastic
from stn_core.distortions.projection import Projection, homography
from stn_core.distortions.similarity import Rotation, RotationTranslationScale, ink_edges

__all__ = [
    "DIGIT_PIXELS",
    "RTS",
    "TC",
    "DistortedImages",
    "Distortion",
    "E",
    "Elastic",
    "P",
    "Patches",
    "Projection",
    "R",
    "Rotation",
    "RotationTranslationScale",
    "TranslationClutter",
    "homography",
    "ink_edges",
]

R, RTS, P, E, TC = Rotation, RotationTranslationScale, Projection, Elastic, TranslationClutter
