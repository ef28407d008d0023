"""Known flaws of the public service: each scenario fails on the service as it is, and passes once it is mended.

Run them with their flaws switched off: `pizza-chaos run scenarios/flaws --fix all`.

Three flaws of the bundled service have no scenario. `db-trouble-is-401` takes a database that refuses to be read, which
a file of SQLite cannot do: `DatabaseDenied` shows it with a service of your own. `login-without-password` and
`franchise-delete-unguarded` take somebody who attacks, not something that fails.
"""
