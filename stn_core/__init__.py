"""Spatial Transformer Networks (Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015).

The paper, without a user interface. The data flow, which is also the order of the modules:
digits -> distortion -> batch -> localisation -> theta -> grid -> sampler -> classifier.
"""
