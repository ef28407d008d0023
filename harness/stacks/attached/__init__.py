"""The `attached` stack: a system that is up already, hurt only through what can put it right again."""
