"""The pure middle: observations to figures, figures to claims and to the frames charts are drawn from."""
