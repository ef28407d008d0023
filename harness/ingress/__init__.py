"""The way in: a site name, its DNS record, the load balancer it points at, and the service tasks behind that."""
