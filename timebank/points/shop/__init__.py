"""The points shop: goods and services for points, held until they are handed over by a code.

For the notice board `public_list`, for a household `reachable`.
"""

from timebank.points.shop.listing import public_list as public_list
from timebank.points.shop.listing import reachable as reachable
from timebank.points.shop.tables import Merchant as Merchant
from timebank.points.shop.tables import MerchantStaff as MerchantStaff
from timebank.points.shop.tables import ShopItem as ShopItem
from timebank.points.shop.tables import ShopOrder as ShopOrder
from timebank.points.shop.tables import ShopOrderLine as ShopOrderLine
from timebank.points.shop.tables import StockMovement as StockMovement
