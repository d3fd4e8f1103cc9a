"""Keys, quotas and metering. Nothing here is imported while the service is off."""
