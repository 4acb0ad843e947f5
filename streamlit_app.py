"""Fashion-MNIST Lab: the six pages, and what stands around every one of them."""

import streamlit as st

from pages.shared import address, chrome

PAGES = {
    "start": "Start",
    "data": "Data",
    "train": "Train",
    "results": "Results",
    "inside": "Inside",
    "predict": "Predict",
}

st.set_page_config(
    page_title="Fashion-MNIST Lab",
    # A file: emoji and icon names would be fetched from the network.
    page_icon="assets/favicon.png",
    layout="wide",
    initial_sidebar_state="collapsed",
)
page = st.navigation(
    [
        st.Page(f"pages/{name}.py", title=title, url_path=name, default=name == "start")
        for name, title in PAGES.items()
    ],
    position="top",
)
address.read(page.url_path or "start")
chrome.style()
page.run()
address.write()
chrome.run_bar()
