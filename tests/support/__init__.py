"""What several tests share: makers of models and projects, and stand-ins for the world outside."""
