"""Pictures of one's own: a ZIP or a folder with one sub-folder per class becomes a data set."""

from fmnist_core.folders.background import BackgroundImport
from fmnist_core.folders.choosing import check_data, dataset_of
from fmnist_core.folders.folder import Folder
from fmnist_core.folders.importing import import_folder, import_zip
from fmnist_core.folders.presets import FOLDER_PRESETS, FolderPreset, experiment_for
from fmnist_core.folders.squares import picture_for
from fmnist_core.folders.store import FolderStore

__all__ = [
    "FOLDER_PRESETS",
    "BackgroundImport",
    "Folder",
    "FolderPreset",
    "FolderStore",
    "check_data",
    "dataset_of",
    "experiment_for",
    "import_folder",
    "import_zip",
    "picture_for",
]
