"""A run is a folder: its files, what is read from them, and one file of it; knows no training."""
