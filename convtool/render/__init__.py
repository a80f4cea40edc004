"""What inspection found, drawn: text, pictures, contact sheets."""
