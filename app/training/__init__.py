"""Trainings in processes of their own, the queue in which they wait, and who is here to see them.

It draws nothing. It imports from ``data`` and below; ``panels``, ``views`` and ``main`` import it.
"""
