"""What Prometheus and Grafana are told of a store: where it is, when to alert, what to show."""
