"""Plain frozen values: standard library only, no I/O, no imports from the rest of the house."""
