"""The `containers` stack: the service's tasks and its factory in containers, all else as on `processes`."""
