"""What a trial of scaling makes of what it has seen."""
