"""The browser component that warps in every frame: a module for each form of it.

It imports ``palette`` alone, and ``stn_core``; any room above imports it.
"""
