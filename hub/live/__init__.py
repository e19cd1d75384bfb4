"""Live state: what every room and device is now. All pure; hub/pulse.py drives it.

engine (readings in, views out) -> places (who is where, after the registry) -> room (one room's judgement):
breath (CO2: trend, outdoor level, air changes; physics in air), evidence -> occupancy (is somebody there?),
status (one word, with the timetable), waste (what runs for nobody), situation -> reasons and clues (why, in words),
shown and people (the figures of the view). snapshot carries all of it over a restart.
"""
