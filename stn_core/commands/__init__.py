"""The commands of ``python -m stn_core``, one a file; only ``__main__`` imports them."""
