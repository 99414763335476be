"""A coordinator's desk: today's follow-ups, drafts, replies, students."""
