"""What every service stands on: a closed list of small modules that name no store noun."""
