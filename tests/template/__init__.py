"""A whole small service to begin a new one with; docs/add-a-service.md goes through it.

`python -m tests.template.copy NAME` puts it and its tests where services are. Nothing of the store
imports what lies here.
"""
