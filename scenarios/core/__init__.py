"""What any pizza service must live through, said without a word of how it is written: `--service PATH` runs your own.

Each takes two minutes or so at speed 1, and needs neither metrics nor alert rules of the service.
"""
