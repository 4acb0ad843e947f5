"""Data: the pictures by class, one as its numbers, every class as a whole, and one's own."""

from pages.shared import chrome, session
from pages.views import data_browse, data_classes, data_folders, data_one

VIEWS = {
    "Browse": data_browse.show,
    "One picture": data_one.show,
    "Classes": data_classes.show,
    "My folders": data_folders.show,
}

chrome.begin("Data", "Small grey pictures of clothes, each with one of ten names; and your own.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
