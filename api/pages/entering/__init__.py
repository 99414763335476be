"""Coming in and going out: passwords, links, the account, stopping e-mail."""
