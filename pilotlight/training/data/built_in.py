"""The data sets that Pilotlight knows by name. The wheels of scikit-learn and Keras carry or fetch them."""

from typing import Final

IMAGES: Final = ("digits", "mnist")
TABLES: Final = ("breast_cancer", "diabetes", "iris", "wine")
BUILT_IN: Final = (*IMAGES, *TABLES)
