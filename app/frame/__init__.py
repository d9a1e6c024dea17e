"""What stands around every page: the tour, lecture mode, links, questions to predict.

It imports from ``data`` and below; ``panels``, ``views`` and ``main`` import it.
"""
