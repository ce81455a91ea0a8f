"""`python -m tests.releases.keep`: what there is today becomes the previous release."""

from tests.releases.previous_release import keep

if __name__ == "__main__":
    keep()
