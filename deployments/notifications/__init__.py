"""Notifications: mail to buyers about what other services publish, and their preferences.

Owns the record of every mail, what later mails need to know of an order, and who opted out of
reminders. Answers opt-out links under `/mail`. Keys: see `store.py`. Publishes nothing; subscribes
to orders, carts and payments.

**What is guaranteed.** An event is mailed at least once, or becomes a dead letter that an operator
can replay. It is mailed exactly once to a directory. Over SMTP it is mailed exactly once, unless
the answer to the message's final dot is lost: the process dies, the connection breaks or the time
is over after the server took the mail and before that is written down. Then it is sent again, byte
for byte the same, under the same Message-ID, by which receivers recognise a copy. A cancelled
handler, a lost lease and two consumers at once cause no second mail: see `service.py`.
"""
