"""Data: the pictures by class, one as its numbers, and every class as a whole."""

from pages.shared import chrome, session
from pages.views import data_browse, data_classes, data_one

VIEWS = {
    "Browse": data_browse.show,
    "One picture": data_one.show,
    "Classes": data_classes.show,
}

chrome.begin("Data", "Small grey pictures of clothes, each with one of ten names.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
