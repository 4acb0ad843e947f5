"""Results: all runs, one run judged on the test pictures, several compared, and a contest."""

from pages.shared import chrome, session
from pages.views import results_beat, results_compare, results_one, results_runs

VIEWS = {
    "Runs": results_runs.show,
    "One run": results_one.show,
    "Compare": results_compare.show,
    "Beat the model": results_beat.show,
}

chrome.begin("Results", "What each network learned, and where it still errs.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
