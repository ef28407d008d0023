"""Known flaws of the public service: each scenario fails on the service as it is, and passes once it is mended.

Run them with their flaws switched off: `pizza-chaos run scenarios/flaws --fix all`.

`test_database_trouble` needs a database server: `--database mariadb`. Two flaws have no scenario:
`login-without-password` and `franchise-delete-unguarded` take somebody who attacks, not something that fails.
"""
