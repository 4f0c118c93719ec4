"""What computes over raw data, one engine a file; `_computer.py` is what sources ask."""
