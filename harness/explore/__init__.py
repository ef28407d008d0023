"""The search for the outage that nobody would notice: fault schedules drawn, played in simulation, judged, shrunk."""
