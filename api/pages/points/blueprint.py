"""The one blueprint of the points table's pages."""

from flask import Blueprint

blueprint = Blueprint("points", __name__)
