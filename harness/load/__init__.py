"""Load: diners who want pizza, how they live, and what drives them against the system under test."""
