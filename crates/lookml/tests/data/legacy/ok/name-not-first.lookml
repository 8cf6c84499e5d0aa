- view: a
  fields:
  - type: number
    measure: total
    sql: x
  - list_field: y
    type: string
  -
  - dimension:
