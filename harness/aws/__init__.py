"""The control plane in the shape of AWS: what `aws … --endpoint-url` shows of a run, and changes about it."""
