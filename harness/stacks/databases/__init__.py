"""Databases for services that need a real one: started by the run, or running already."""
