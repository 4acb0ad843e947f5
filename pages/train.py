"""Train: one network, a search for better settings, what transfer brings, or own classes."""

from pages.shared import chrome, session
from pages.views import train_new_classes, train_one, train_search, train_transfer

VIEWS = {
    "One network": train_one.show,
    "Search": train_search.show,
    "Transfer": train_transfer.show,
    "New classes": train_new_classes.show,
}

chrome.begin("Train", "Watch a network learn, step by step.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
