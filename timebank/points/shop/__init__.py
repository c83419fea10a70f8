"""The points shop: goods for points, held until they are handed over by a code."""

from timebank.points.shop.tables import Merchant as Merchant
from timebank.points.shop.tables import MerchantStaff as MerchantStaff
from timebank.points.shop.tables import ShopItem as ShopItem
from timebank.points.shop.tables import ShopOrder as ShopOrder
from timebank.points.shop.tables import StockMovement as StockMovement
