"""Predict: draw, upload or photograph something, and see what the network makes of it."""

from pages.shared import chrome, session
from pages.views import predict_camera, predict_draw, predict_pictures

VIEWS = {
    "Draw": predict_draw.show,
    "Pictures": predict_pictures.show,
    "Camera": predict_camera.show,
}

chrome.begin("Predict", "Your own picture, as the network sees it, and how likely each class is.")
view = session.view(list(VIEWS))
with chrome.explained():
    VIEWS[view]()
