"""What several pages draw: verdicts, replays, results, downloads, trainings.

A panel knows no page. It imports from any room but ``views``, which alone imports it.
"""
