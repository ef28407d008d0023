"""What would have made the night of 2024-12-01 shorter: one scenario for each thing that could be done differently.

That night the outage lasted 7 h 46 min, from 05:24 to 13:10: everybody was paged at once, and nobody took it until
10:00. The factory that failed behind it cost another 14 min, until 13:24. Each scenario says by how much it beats that.
"""
