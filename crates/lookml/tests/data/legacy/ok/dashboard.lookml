- dashboard: sales
  title: Sales
  elements:
  - name: a
    model: shop
    sorts: [orders.count desc]
    filters: {x: y}
