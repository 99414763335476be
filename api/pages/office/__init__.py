"""Health, runs, rules, messages, people and what is connected: leads and admins."""
