"""What pages show: networks, examples, recordings, pictures. The only caches are here.

It imports from ``stage``, ``sketch`` and below; ``training`` and what stands above imports it.
"""
