"""Pictures of figures: one file per kind, each with NOUN, `draw` and `describe`, on the sheet they share."""
