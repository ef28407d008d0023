"""The `containers` stack: the service's tasks, its factory, and its ingress and links in containers."""
