"""
What every chart kind stands on.

theme, fonts, fitting, head and canvas to draw with; reading, labels, timeline and wording to say it with; lint to check it;
render and table to hand it out.
"""
