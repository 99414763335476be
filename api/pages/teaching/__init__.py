"""An instructor's pages: his lessons, the sheet, his students."""
