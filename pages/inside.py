"""Inside: what every layer makes of a picture, its filters, where it looks, one update, a map; all
of it at any moment of a run's life."""

import streamlit as st

from pages.shared import chrome, replay, session
from pages.shared.waiting import answered
from pages.views import (
    inside_attention,
    inside_convolution,
    inside_filters,
    inside_map,
    inside_maps,
    inside_step,
    inside_three,
)

VIEWS = {
    "Feature maps": inside_maps.show,
    "Filters": inside_filters.show,
    "Convolution": inside_convolution.show,
    "Attention": inside_attention.show,
    "Three pictures": inside_three.show,
    "Map": inside_map.show,
    "One step": inside_step.show,
}

chrome.begin("Inside", "The same picture, layer by layer, as the network chosen above sees it.")
replay.slider()
below_the_slider = st.container()
view = session.view(list(VIEWS))
with chrome.explained(), answered():
    with below_the_slider:
        replay.standing()
    VIEWS[view]()
    if view != "Map":  # takes longer to make than a checkpoint to come
        replay.follow()
