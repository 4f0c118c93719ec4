"""
Made-up raw data of the shapes that computed sources read, at any size: `python -m bot.synthetic KIND OUT`.

To try an engine, to measure it, and to test what is computed against what is known to be in the data. Nothing of it is ever told:
each folder says so in its SYNTHETIC.txt. A leaf, which knows nothing of the rest. The same seed and size give the same bytes.
"""
