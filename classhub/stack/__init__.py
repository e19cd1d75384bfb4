"""The production stack as one thing: its folder of secrets and settings, its first steps, its health."""
