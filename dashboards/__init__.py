"""Grafana dashboards as code: one file a dashboard, queries and panels beside them, the JSON they produce in json/."""
