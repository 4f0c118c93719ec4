"""What a person sees: one room per group of verbs. Plain where nobody is looking, and with NO_COLOR."""
