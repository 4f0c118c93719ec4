"""Where an edition goes: one file per network."""
