"""The points shop's pages: a household's points, ordering, the merchant's counter, stock, merchants, reports."""

from api.pages.shop import counter as _counter
from api.pages.shop import deliveries as _deliveries
from api.pages.shop import goods_files as _goods_files
from api.pages.shop import household as _household
from api.pages.shop import merchants as _merchants
from api.pages.shop import ordering as _ordering
from api.pages.shop import reports as _reports
from api.pages.shop import returns as _returns
from api.pages.shop import stock as _stock
from api.pages.shop import takings as _takings
from api.pages.shop.common import blueprint as blueprint
from api.pages.shop.counter import CODE_TRIES as CODE_TRIES

_MODULES = (
    _counter,
    _deliveries,
    _goods_files,
    _household,
    _merchants,
    _ordering,
    _reports,
    _returns,
    _stock,
    _takings,
)
