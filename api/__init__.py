"""HTTP in: verify, write the fact and its inbox row in one transaction, answer, then nudge."""
