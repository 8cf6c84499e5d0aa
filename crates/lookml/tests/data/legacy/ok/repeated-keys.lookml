- view: a
  label: x
  fields:
  - dimension: d
    sql: a
    type: int
    sql: b
  label: y
