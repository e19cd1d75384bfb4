"""What is likely to come: CO2 of the lesson that runs, energy and people of tomorrow hour by hour. Pure."""
