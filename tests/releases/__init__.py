"""The release before this one is kept here, and held against what there is today.

`python -m tests.releases.keep` keeps what there is today as the previous release: it is run once,
when a release is tagged.

| file | what |
| --- | --- |
| `previous/code.tar.xz` | the code of its services, to run one of them beside today's |
| `previous/messages.json` | the JSON Schema of each message and rejection, and examples of it |
| `previous/events.json` | the same of each event |
"""
