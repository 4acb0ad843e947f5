"""Train: one network, a search for better settings, transfer, MobileNetV2, or own classes."""

from pages.shared import chrome, session
from pages.views import train_mobilenet, train_new_classes, train_one, train_search, train_transfer

VIEWS = {
    "One network": train_one.show,
    "Search": train_search.show,
    "Transfer": train_transfer.show,
    "MobileNetV2": train_mobilenet.show,
    "New classes": train_new_classes.show,
}

chrome.begin("Train", "Watch a network learn, step by step.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
