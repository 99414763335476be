"""How a message leaves: by Twilio, by SendGrid, or into the outbox. Knows nothing of who should be told, or when."""
