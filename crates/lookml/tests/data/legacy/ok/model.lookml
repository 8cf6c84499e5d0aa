- connection: warehouse

- include: "*.view.lookml"       # all views
- include: '*.dashboard.lookml'
- scoping: true
- label: Our model
- persist_for: 1 hour

- explore: orders
  joins:
  - join: users
    sql_on: ${orders.user_id} = ${users.id}
    relationship: many_to_one
  - join: items
    foreign_key: item_id

- explore: users
