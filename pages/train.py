"""Train: one network, step by step, a search for better settings, or classes of one's own."""

from pages.shared import chrome, session
from pages.views import train_new_classes, train_one, train_search

VIEWS = {
    "One network": train_one.show,
    "Search": train_search.show,
    "New classes": train_new_classes.show,
}

chrome.begin("Train", "Watch a network learn, step by step.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
