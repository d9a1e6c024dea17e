"""House numbers (Sect. 4.2, App. A.5): SVHN's photographs, renderings, networks.

Reading and drawing pictures (``annotations``, ``crops``, ``rendering``, ``walls``, ``source``)
needs h5py, OpenCV and Pillow; the networks and the data's description do not.
"""
