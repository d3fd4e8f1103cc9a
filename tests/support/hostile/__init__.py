"""Catalogues of hostile files, documents and answers, each made by code."""
