"""The search for the boxes of Table 5 (App. A.2); a thing for ``training.recording`` to train."""
