"""Hours: where and when volunteers serve, orders for service, and the minutes that both are worth."""
