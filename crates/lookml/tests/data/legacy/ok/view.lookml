# an old view
- view: users
  sql_table_name: public.users
  derived_table:
    sql: |
      select *   # all of them
      from users

    indexes: [id]

  fields:
# FILTERS #
    - filter: country

    - dimension: id
      primary_key: true
      type: int
      sql: ${TABLE}.id

    - measure: count
      type: count
      drill_fields: detail*
      filters:
        status: "paid"
        users.age: '>18'

  sets:
    detail: [id, users.name, -users.age]
    other:
      - id
      - count
