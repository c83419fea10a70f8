"""The points shop: the list for anybody, a household's orders, and the merchant's counter, stock, countings and month."""

from api.v1.shop import counter as _counter
from api.v1.shop import deliveries as _deliveries
from api.v1.shop import household as _household
from api.v1.shop import merchants as _merchants
from api.v1.shop import returns as _returns
from api.v1.shop import stock as _stock
from api.v1.shop import takings as _takings
from api.v1.shop.common import blueprint as blueprint

_MODULES = (_counter, _deliveries, _household, _merchants, _returns, _stock, _takings)
